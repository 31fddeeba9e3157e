"use strict";

/* The page: sections, each with one network or two, a picture, what is being
 * computed, controls and curves. Networks are trained in slices between two
 * frames, those alone that run and can be seen. */

/* as in live.c */
const INPUT = 0, OUTPUT = 1, P = 2, H = 3, ENCODER_H = 6, ATTENTION = 9,
  X = 10, PARAMS = 11, BEGIN = 12, PLANE = 13, PLANE_Y = 14, FIELD = 15,
  SHOWN_Y = 16;
const STEPS = 0, SOURCE_STEPS = 1, UPDATES = 2, VOCABULARY = 3, OUTPUTS = 4,
  STATE = 5, SOURCE_STATE = 6;

const BUDGET = 14; /* ms of training in a frame */

const sections = [
  { kind: "single", models: [0], cell: 1, lr: 0.1, speed: 1 },
  { kind: "many", models: [1], cell: 2, hidden: 32, lr: 0.01, speed: 1,
    input: "The lamp", most: 12 },
  { kind: "one", models: [2], cell: 2, hidden: 16, lr: 0.01, speed: 1,
    input: "the food was not bad but the room was awful", most: 14,
    examples: ["the food was not bad but the room was awful",
      "I doubt that the film was very good",
      "I never liked the music although the view was lovely"] },
  { kind: "tune", models: [3], cell: 0, hidden: 24, lr: 0.005, speed: 1,
    how: 1 },
  { kind: "both", models: [4, 5], cell: 2, hidden: 24, lr: 0.01, speed: 2,
    how: 0, input: "abcdef", most: 16 },
  { kind: "china", models: [6], cell: 0, hidden: 32, lr: 0.005, speed: 1,
    how: 10, input: "我爱中国", most: 12,
    examples: ["我爱中国", "他们不懂法文", "她喜欢你们"] }
];

let wasm, language = "en", say = strings.en;
const texts = []; /* what each element says: [node, attribute, function] */
const measured = { longest: 0, frames: 0, over50: 0, over100: 0 };
const still = matchMedia("(prefers-reduced-motion: reduce)");

/* ---- elements ----------------------------------------------------------- */

function make(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {}))
    if (key in node)
      node[key] = value;
    else
      node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/* The node says what f returns, in the language of the moment. */
function speak(node, f, attribute) {
  const entry = [node, attribute, f];
  texts.push(entry);
  speakNow(entry);
  return node;
}

function speakNow([node, attribute, f]) {
  if (attribute)
    node.setAttribute(attribute, f());
  else if (node.localName === "option")
    node.textContent = f();
  else
    node.replaceChildren(...withIndices(f()));
}

/* a_ij and h_N as mathematics has them. */
function withIndices(s) {
  return s.split(/\b([a-z]_\w+)/).map((part, i) => i % 2 === 0 ? part
    : make("i", {}, part[0], make("sub", {}, part.slice(2))));
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

function announce(s) {
  document.getElementById("news").textContent = s;
}

let labels = 0;
function labelled(control, f, wide) {
  control.id = "control" + labels++;
  const label = make("label", { htmlFor: control.id, className:
    wide ? "wide" : "" }, speak(make("span"), f), control);
  return label;
}

/* A list to choose from: values, and what to call them. */
function choice(values, nameOf, chosen, changed) {
  const select = make("select", { onchange: () =>
    changed(values[select.selectedIndex]) });
  values.forEach((v, i) => select.append(
    speak(make("option", { value: String(v) }), () => nameOf(v, i))));
  select.selectedIndex = values.indexOf(chosen);
  return select;
}

/* ---- the networks ------------------------------------------------------- */

function floats(k, what, n) {
  const p = wasm.live_array(k, what);
  return p ? new Float32Array(wasm.memory.buffer, p, n) : null;
}

function ints(k, what, n) {
  return new Int32Array(wasm.memory.buffer, wasm.live_array(k, what), n);
}

const words = new Map(); /* texts of tokens: they do not change */
function word(k, side, i) {
  const key = k + "," + side + "," + i;
  if (!words.has(key)) {
    const bytes = new Uint8Array(wasm.memory.buffer);
    const from = wasm.live_word(k, side, i);
    words.set(key, new TextDecoder().decode(
      bytes.slice(from, bytes.indexOf(0, from))));
  }
  return words.get(key);
}

function vocabulary(s) {
  const k = s.models[0], n = wasm.live_number(k, VOCABULARY);
  return Array.from({ length: n }, (_, i) => word(k, 0, i));
}

/* The text of the input as tokens; what is unknown is said, not read. */
function readInput(s) {
  const known = vocabulary(s), first = s.kind === "both" ||
    s.kind === "china" ? 1 : 0;
  const lower = known.map((w) => w.toLowerCase());
  const parts = s.kind === "one" ? s.input.trim().split(/[\s,.!?]+/)
    : Array.from(s.kind === "many" ? s.input
      : s.input.replace(/[\s。？?.，,！!]/g, ""));
  const ids = [], unknown = [];

  for (const part of parts) {
    let i = known.indexOf(part, first);
    if (i < 0 && s.kind !== "many")
      i = lower.indexOf(part.toLowerCase(), first);
    if (i >= 0)
      ids.push(i);
    else if (part && !unknown.includes(part))
      unknown.push(part);
  }
  s.problem = unknown.length
    ? () => fill(say.unknown, { words: unknown.join(" ") })
    : ids.length > s.most ? () => fill(say.tooLong, { n: s.most }) : null;
  if (ids.length)
    s.ids = ids.slice(0, s.most);
  giveInput(s);
}

function giveInput(s) {
  for (const k of s.models)
    if (s.ids) {
      ints(k, INPUT, s.ids.length).set(s.ids);
      wasm.live_input(k, s.ids.length);
    }
  if (s.kind === "tune") {
    const x = floats(s.models[0], X, 4);
    x.fill(0);
    x[s.tuneA] += 1 - s.mix;
    x[s.tuneB] += s.mix;
  }
  if (s.kind === "single")
    floats(0, X, 2).set(s.x);
  s.dirty = true;
}

/* From the beginning, with the settings as they are. */
function open(s) {
  s.broken = s.models.some((k) =>
    wasm.live_open(k, s.cell, s.hidden || 1, s.lr, s.seed, s.how || 0) !== 0);
  s.curves = s.models.map(() => ({ points: [], sum: 0, count: 0, each: 1 }));
  s.updates = 0;
  s.lines = [{ n: 0, text: "" }];
  s.tests = s.models.map(() => []);
  s.testsDue = 0;
  s.cost = 0;
  s.at = 0;
  giveInput(s);
}

function addLoss(curve, n, loss) {
  curve.sum += loss;
  if (++curve.count < curve.each)
    return;
  curve.points.push([n, curve.sum / curve.count]);
  curve.sum = curve.count = 0;
  if (curve.points.length >= 300) {
    curve.each *= 2;
    curve.points = curve.points.filter((_, i) => i % 2).map((p, i) =>
      [p[0], (p[1] + curve.points[2 * i][1]) / 2]);
  }
}

/* One update of a section's networks. */
function train(s) {
  const from = performance.now();

  s.models.forEach((k, i) => {
    if (wasm.live_learn(k, 1) !== 0)
      s.broken = true;
    addLoss(s.curves[i], s.updates + 1, wasm.live_loss(k));
  });
  s.updates = wasm.live_number(s.models[0], UPDATES);
  s.testsDue = 2 * lengths.length;
  s.dirty = true;
  s.cost = Math.max(s.cost * 0.95, performance.now() - from);
  if (s.broken)
    setRunning(s, false);
}

/* 5: accuracy of one length of one network, in turn. */
const lengths = [2, 4, 6, 8, 10, 12, 14, 16, 18, 20];
function testNext(s) {
  const at = (s.testAt = (s.testAt || 0) + 1), i = at % 2;
  const n = lengths[(at >> 1) % lengths.length];
  const list = s.tests[i].filter((p) => p[0] !== n);

  list.push([n, wasm.live_test(s.models[i], n)]);
  s.tests[i] = list.sort((a, b) => a[0] - b[0]);
  s.testsDue--;
  s.dirty = true;
}

/* 2: one letter more of what it writes. */
function writeNext(s) {
  const id = wasm.live_write(s.models[0]);
  const last = s.lines[s.lines.length - 1];

  if (id < 0)
    return;
  const c = word(s.models[0], 0, id);
  if (c !== "\n")
    last.text += c;
  s.columns = s.columns ||
    Math.max(20, Math.floor(s.written.clientWidth / 8.5) - 8);
  if (c === "\n" ? last.text !== "" : last.text.length >= s.columns)
    s.lines.push({ n: s.updates, text: "" });
  s.lines = s.lines.slice(-8);
}

/* ---- what is looked at -------------------------------------------------- */

const round3 = (x) => x.toFixed(Math.abs(x) < 10 ? 3 : 1).replace("-", "−");

function lookSingle(s) {
  const p = floats(0, PARAMS, 3), f = s.cell;
  const v = { grid: 25, field: floats(0, FIELD, 625), x: floats(0, X, 2),
    points: floats(0, PLANE, 96), targets: floats(0, PLANE_Y, 48),
    y: floats(0, SHOWN_Y, 1)[0], f: say.fs[f], middle: f > 1 ? 0.5 : 0,
    strong: s.running };
  s.plane = singlePicture(s.canvases[0], v);
  const sum = round3(p[0]) + " · " + round3(v.x[0]) + " + " + round3(p[1]) +
    " · " + round3(v.x[1]) + " + " + round3(p[2]);
  setFormula(s, [
    { key: "a", html: it("y") + " = " + it("f") + "(" + it("W") + it("x") +
      " + " + it("b") + ")" },
    { key: "b", html: '<span class="numbers">' + it("W") + " = [" +
      round3(p[0]) + ", " + round3(p[1]) + "], " + it("b") + " = " +
      round3(p[2]) + "</span>" },
    { key: "now", html: '<span class="numbers">' + it("y") + " = " +
      it("f") + "(" + sum + ") = " + round3(v.y) + "</span>" }
  ], "now");
}

function best(p, at, n) {
  let b = 0;
  for (let i = 1; i < n; i++)
    if (p[at + i] > p[at + b])
      b = i;
  return b;
}

const visible = (c) => c === "\n" ? "↵" : c === " " ? "␣" : c;

function lookChain(s) {
  const k = s.models[0], T = wasm.live_number(k, STEPS);
  const O = wasm.live_number(k, OUTPUTS), p = floats(k, P, T * O);
  const v = { T, H: s.hidden, h: floats(k, H, T * s.hidden), model: k, y: [] };

  v.x = s.ids.map((i) => visible(word(k, 0, i)));
  if (s.kind === "many") {
    for (let t = 0; t < T; t++) {
      const b = best(p, t * O, O);
      v.y[t] = { s: visible(word(k, 1, b)), p: p[t * O + b] };
    }
  } else {
    const good = p[(T - 1) * O + 1];
    v.one = true;
    v.wide = 66;
    v.y[T - 1] = { s: good > 0.5 ? say.one.good : say.one.bad,
      p: Math.max(good, 1 - good) };
    if (language === "zh")
      v.gloss = v.x.map((w) => gloss[w] || "");
    colourSentence(s, v.x, p);
  }
  s.moments = chainMoments(s.cell, T, s.kind === "many" ? "all" : "last");
  const now = s.moments[s.at % s.moments.length];
  s.boxes = chainPicture(s.canvases[0], v, now, s.unit);
  setFormula(s, chainFormula(s.kind, s.cell, now, T, 0), now.key);
  if (s.written)
    s.written.replaceChildren(...s.lines.map((l) =>
      make("span", {}, make("i", {}, String(l.n)), l.text + "\n")));
}

/* 3: words in the colour of the verdict if the sentence ended there. */
function colourSentence(s, list, p) {
  const now = s.moments ? s.moments[s.at % s.moments.length] : null;
  s.reading.replaceChildren(...list.flatMap((w, t) => {
    const good = p[2 * t + 1], sure = Math.round(Math.abs(good - 0.5) * 110);
    const span = make("span", { className: now && now.t === t ? "now" : "",
      title: Math.round(good * 100) + "% " + say.one.good },
      (good > 0.5 ? "+ " : "− ") + w);
    span.style.backgroundColor = "color-mix(in srgb, " +
      (good > 0.5 ? colours.plus : colours.minus) + " " + sure +
      "%, transparent)";
    return [span, " "];
  }));
  const good = p[2 * (list.length - 1) + 1];
  s.said.textContent = say.one.verdict + ": " +
    (good > 0.5 ? say.one.good : say.one.bad) + " " +
    Math.round(Math.max(good, 1 - good) * 100) + "%";
}

function lookTune(s) {
  const k = s.models[0], T = wasm.live_number(k, STEPS);
  const O = wasm.live_number(k, OUTPUTS), p = floats(k, P, T * O);
  const v = { T, O, p, H: s.hidden, h: floats(k, H, T * s.hidden), model: k,
    how: s.how, x: floats(k, X, 4), h0: s.how === 2 ?
      floats(k, BEGIN, s.hidden) : null };

  v.names = Array.from({ length: O }, (_, i) => word(k, 1, i));
  v.best = Array.from({ length: T }, (_, t) => best(p, t * O, O));
  s.notes = v.best;
  s.moments = chainMoments(s.cell, T, "all");
  const now = s.moments[s.at % s.moments.length];
  s.boxes = tunePicture(s.canvases[0], v, now, s.unit);
  setFormula(s, chainFormula("tune", s.cell, now, T, s.how), now.key);
}

function lookPair(s) {
  const last = s.models[s.models.length - 1], hands = s.kind === "both";
  const S = wasm.live_number(last, SOURCE_STEPS);

  s.moments = pairMoments(s.cell, S, wasm.live_number(last, STEPS), true,
    hands);
  const now = s.moments[s.at % s.moments.length];
  setFormula(s, pairFormula(s.cell, now, S, true, hands, s.how), now.key);
  s.boxes = [];
  s.models.forEach((k, n) => {
    const v = pairView(s, k), canvas = s.canvases[n];
    s.boxes.push(...pairPicture(canvas, v, now, s.unit.model === k
      ? s.unit : null).map((box) => ({ ...box, canvas })));
    s.shown = v;
    if (s.kind === "china")
      s.said.textContent = v.y.map((y) => y.s).join(" ")
        .replace(/ ([.?])/g, "$1");
  });
}

/* What there is to see of a network with an encoder. */
function pairView(s, k) {
  const S = wasm.live_number(k, SOURCE_STEPS), T = wasm.live_number(k, STEPS);
  const O = wasm.live_number(k, OUTPUTS), E = unitsOf({ model: k, encoder: 1 });
  const out = ints(k, OUTPUT, T), p = floats(k, P, T * O);
  return { S, T, E, H: s.hidden, model: k,
    h: floats(k, ENCODER_H, S * E), s: floats(k, H, T * s.hidden),
    s0: floats(k, BEGIN, s.hidden), a: floats(k, ATTENTION, T * S),
    x: s.ids.map((i) => word(k, 0, i)), words: s.kind === "china",
    each: s.kind === "both" && s.how === 1,
    wide: s.kind === "china" ? 66 : 42,
    y: Array.from(out, (id, t) => ({ s: word(k, 1, id), p: p[t * O + id] })) };
}

/* 6: a_ij as a table: a word a row, a character a column. */
function drawTable(s, v) {
  const head = make("tr", {}, make("td"), ...v.x.map((c) =>
    make("th", { scope: "col" }, c)));
  const body = v.y.map((y, i) => make("tr", {},
    make("th", { scope: "row" }, y.s), ...v.x.map((_, j) => {
      const a = v.a[i * v.S + j], td = make("td", {}, a.toFixed(2));
      td.style.backgroundColor = "color-mix(in srgb, " + colours.plus + " " +
        Math.round(a * 85) + "%, transparent)";
      td.style.fontWeight = a >= 0.25 ? 700 : 400;
      return td;
    })));
  s.table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
}

/* The gate, or state, that a line of a formula computes. */
function lineOf(cell, key) {
  return key === "s" ? "s" : key[0] === "h" ? cellResults[cell][key[1]] : "";
}

function unitsOf(part) {
  return wasm.live_number(part.model, part.encoder ? SOURCE_STATE : STATE);
}

/* The states, and the gates, of the unit that is chosen, over the steps. */
function lookUnit(s) {
  const { u, encoder, model: k } = s.unit;
  const T = wasm.live_number(k, encoder ? SOURCE_STEPS : STEPS);
  const first = encoder ? ENCODER_H : H, n = unitsOf(s.unit);
  const gates = gateNames[s.cell], K = gates.length ? 4 : 1;
  const h = floats(k, first, T * n), c = floats(k, first + 1, T * n);
  const z = floats(k, first + 2, T * K * n);
  const over = (array, width, at) =>
    Array.from({ length: T }, (_, t) => array[t * width + at]);
  const now = s.moments[s.at % s.moments.length];

  if (!h)
    return;
  const lists = [{ name: s.kind === "china" || s.kind === "both"
    ? encoder ? "h" : "s" : "h", values: over(h, n, u) }];
  if (z)
    gates.forEach((g, i) => g &&
      lists.push({ name: g, values: over(z, K * n, i * n + u) }));
  if (c)
    lists.splice(1, 0, { name: "c", values: over(c, n, u) });
  const here = now.where === "chain" ||
    (now.where === "read") === Boolean(encoder);
  unitCurve(s.unitCanvas, lists.slice(0, 6), here ? now.t : -1,
    here ? lineOf(s.cell, now.key) : "", say);
}

function setFormula(s, lines, key) {
  const html = lines.map((l) => '<li class="' + (l.key === key ? "now" : "") +
    '">' + l.html + "</li>").join("");
  if (s.formulaHtml !== html) {
    s.formulaHtml = html;
    s.formula.innerHTML = html;
  }
}

const percent = (x) => Math.round(x * 100) + "%";

/* The picture, of a pass with the weights of the moment. */
function look(s) {
  s.dirty = false;
  if (s.broken) {
    s.error.textContent = say.failed;
    return;
  }
  for (const k of s.models)
    if (wasm.live_show(k) !== 0)
      return;
  if (s.kind === "single")
    lookSingle(s);
  else if (s.kind === "tune")
    lookTune(s);
  else if (s.kind === "many" || s.kind === "one")
    lookChain(s);
  else
    lookPair(s);
  if (s.follows)
    follow(s);
  if (s.kind !== "single")
    jobs.push(() => lookUnit(s));
  jobs.push(() => lookCurves(s), () => lookWords(s));
}

/* Where a picture is wider than its place, the step of the moment comes into
 * sight. */
function follow(s) {
  const now = s.moments[s.at % s.moments.length];
  s.follows = false;
  for (const canvas of s.canvases) {
    const frame = canvas.parentElement, place = placeOf(canvas);
    const box = s.boxes.find((b) => b.t === now.t &&
      (!b.canvas || b.canvas === canvas));
    if (box && canvas.style.width !== "100%")
      frame.scrollLeft = box.x - place / 2;
  }
}

/* What stands around it, of the same pass: in pieces, as frames have time. */
const jobs = [];

function lookCurves(s) {
  const names = [say.both.last.replace("_", ""), say.both.attention];

  lossCurve(s.lossCanvas, s.curves.map((c) => c.points), names, say);
  if (s.kind === "both")
    jobs.push(() => lengthCurve(s.lengthCanvas, s.tests, names, 12, say));
}

function lookWords(s) {
  const loss = s.models.map((k) =>
    s.updates ? wasm.live_loss(k).toFixed(3) : "–");

  s.error.textContent = s.problem ? s.problem() : "";
  s.status.textContent = fill(s.models.length > 1 ? say.status2 : say.status,
    { n: s.updates, loss: loss[0], loss2: loss[1], right: s.updates
      ? percent(wasm.live_right(s.models[0])) : "–" });
  if (s.kind === "china")
    drawTable(s, s.shown);
  if (s.bits.open)
    showBits(s);
  if (s.slider) {
    s.slider.max = s.moments.length;
    s.slider.value = s.at % s.moments.length + 1;
  }
}

function showBits(s) {
  const hash = s.models.map((k) =>
    (wasm.live_hash(k, 0) >>> 0).toString(16).padStart(8, "0"));
  s.bitsText.textContent = fill(say.bitsText, { n: s.updates,
    hash: hash.join(", ") });
  s.bitsCode.textContent = s.models.map((k) => ["build/web/live", k, s.cell,
    s.hidden || 1, s.lr, s.seed, s.updates].concat(s.how === undefined
    ? [] : [s.how]).join(" ")).join("\n");
}

/* ---- frames ------------------------------------------------------------- */

/* The updates of a frame: those that are due by the clock; then one of the
 * quick networks whose turn it is, and more as far as there is time. */
let turn = 0;
function trainDue(now, from) {
  const alive = sections.filter((s) => s.running && s.seen);
  let quick = alive.filter((s) => s.speed === 2), first = true;

  for (const s of alive)
    if (s.speed === 1 || (s.speed === 0 && now - (s.last || 0) > 500)) {
      s.last = now;
      train(s);
    }
  while (quick.length) {
    const s = quick[turn++ % quick.length];
    if (!first && performance.now() - from + s.cost > BUDGET)
      break;
    first = false;
    train(s);
    quick = quick.filter((q) => q.running);
  }
}

function frame(now) {
  const from = performance.now();

  trainDue(now, from);
  for (const s of sections) {
    if (!s.seen)
      continue;
    if (s.kind === "many" && s.running)
      writeNext(s);
    if (s.kind === "both" && s.testsDue && now - (s.tested || 0) > 40) {
      s.tested = now;
      testNext(s);
    }
    if (s.playing)
      followSound(s);
    else if (s.running && s.moments && !still.matches &&
      now > (s.restUntil || 0) && now - (s.moved || 0) > 300) {
      s.moved = now;
      s.at = (s.at + 1) % s.moments.length;
      s.dirty = true;
      s.follows = true;
    }
  }
  /* pictures in turn, the one that has waited longest first */
  const due = sections.filter((s) => s.seen && s.dirty &&
    now - (s.drawn || 0) > (s.running ? 60 : 0))
    .sort((a, b) => (a.drawn || 0) - (b.drawn || 0))[0];
  if (due && !jobs.length) {
    due.drawn = now;
    jobs.push(() => look(due));
  }
  do
    (jobs.shift() || (() => {}))();
  while (jobs.length && performance.now() - from < BUDGET);
  const slice = performance.now() - from;
  measured.frames++;
  measured.longest = Math.max(measured.longest, slice);
  measured.over50 += slice > 50;
  measured.over100 += slice > 100;
  requestAnimationFrame(frame);
}

/* ---- the beginning ------------------------------------------------------ */

function setLanguage(to) {
  language = to;
  say = strings[to];
  document.documentElement.lang = to === "zh" ? "zh-CN" : "en";
  document.title = say.title + " – rnn.h";
  texts.forEach(speakNow);
  redraw();
}

function redraw() {
  readColours();
  forgetWidths();
  for (const s of sections) {
    s.dirty = true;
    s.drawn = s.columns = 0;
  }
}

function beginPage() {
  readColours();
  for (const node of document.querySelectorAll("[data-say]"))
    speak(node, () => say[node.dataset.say]);
  const button = document.getElementById("language");
  speak(button, () => say.other);
  button.onclick = () => setLanguage(language === "en" ? "zh" : "en");
  for (const s of sections) {
    for (const k of s.models)
      wasm.live_open(k, s.cell, s.hidden || 1, s.lr, 1, s.how || 0);
    build(s);
    open(s);
    if (s.input)
      readInput(s);
  }
  setLanguage(/^zh/.test(navigator.language) ? "zh" : "en");
  const seen = new IntersectionObserver((entries) => {
    for (const e of entries)
      sections.find((s) => s.node === e.target).seen = e.isIntersecting;
  });
  sections.forEach((s) => seen.observe(s.node));
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change",
    redraw);
  window.live = { sections, measured };
  requestAnimationFrame(frame);
}

/* The networks: code holds live.c, compiled, as base64 of gzip. */
async function load(code) {
  try {
    const bytes = Uint8Array.from(atob(code), (c) => c.charCodeAt(0));
    const plain = new Blob([bytes]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    const module = await WebAssembly.instantiate(
      await new Response(plain).arrayBuffer(), {});
    wasm = module.instance.exports;
  } catch (e) {
    document.getElementById("networks").textContent = strings.en.old + " " +
      strings.zh.old + " (" + e.message + ")";
    return;
  }
  beginPage();
}
