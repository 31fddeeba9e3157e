"use strict";

/* The elements of a section: buttons, settings, what is typed, sound. */

/* ---- controls ----------------------------------------------------------- */

function setRunning(s, running) {
  s.running = running && !s.broken;
  s.dirty = true;
  speakNow(s.goText);
  announce(fill(s.running ? say.began : say.stopped, { name:
    say[s.kind].name, n: s.updates,
    loss: s.updates ? wasm.live_loss(s.models[0]).toFixed(3) : "–" }));
}

function restart(s) {
  open(s);
  s.dirty = true;
  if (s.unit)
    chooseUnit(s, s.unit);
  if (!s.running)
    announce(fill(say.ready, { name: say[s.kind].name }));
}

function chooseUnit(s, unit) {
  s.unitInput.max = unitsOf(unit);
  unit.u = Math.min(unit.u, s.unitInput.max - 1);
  s.unit = unit;
  s.unitInput.value = unit.u + 1;
  if (s.partInput)
    s.partInput.selectedIndex = partsOf(s).findIndex((p) =>
      p.model === unit.model && p.encoder === unit.encoder);
  speakNow(s.unitTitle);
  s.dirty = true;
}

/* 0 ... moments - 1; the pass then rests there for a while. */
function chooseMoment(s, at) {
  const n = s.moments.length;
  s.at = (at % n + n) % n;
  s.restUntil = performance.now() + 6000;
  s.dirty = true;
}

function bar(s) {
  const go = make("button", { type: "button", className: "go",
    onclick: () => setRunning(s, !s.running) });
  s.go = go;
  speak(go, () => s.running ? say.pause : say.start);
  s.goText = texts[texts.length - 1];
  const step = speak(make("button", { type: "button", onclick: () => {
    if (s.running)
      setRunning(s, false);
    train(s);
  } }), () => say.step);
  const again = speak(make("button", { type: "button",
    onclick: () => restart(s) }), () => say.again);
  s.status = make("span", { className: "status" });
  return make("div", { className: "bar" }, go, step, again, s.status);
}

const rates = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
  1];

function settings(s) {
  const set = (key) => (value) => {
    s[key] = value;
    restart(s);
  };
  const fields = make("div", { className: "fields" });
  if (s.kind === "single")
    fields.append(labelled(choice([0, 1, 2, 3], (i) => say.fs[i], s.cell,
      set("cell")), () => say.f));
  else
    fields.append(labelled(choice([0, 1, 2, 3, 4, 5], (i) => say.cells[i],
      s.cell, set("cell")), () => say.cell),
    labelled(choice([4, 8, 12, 16, 24, 32, 48, 64], String, s.hidden,
      set("hidden")), () => say.hidden));
  fields.append(labelled(choice(rates, String, s.lr, set("lr")),
    () => say.lr));
  const seed = make("input", { type: "number", min: 0, max: 99999, value: 1,
    onchange: () => {
      s.seed = Math.max(0, Math.min(99999, Math.floor(seed.value) || 0));
      seed.value = s.seed;
      restart(s);
    } });
  s.seed = 1;
  fields.append(labelled(seed, () => say.seed));
  if (s.kind === "tune")
    fields.append(labelled(choice([0, 1, 2], (i) => say.hows[i], s.how,
      set("how")), () => say.how, true));
  if (s.kind === "both")
    fields.append(labelled(choice([0, 1], (i) => say.intos[i], s.how,
      set("how")), () => say.into, true));
  if (s.kind === "china")
    fields.append(labelled(choice([0, 2, 5, 10, 20, 40], (p) => p + "%", s.how,
      set("how")), () => say.price, true));
  fields.append(labelled(choice([0, 1, 2], (i) => say.speeds[i], s.speed,
    (v) => { s.speed = v; }), () => say.speed, true));
  return make("fieldset", {}, speak(make("legend"), () => say.settings),
    fields);
}

/* Where one unit can be looked at. */
function partsOf(s) {
  return s.models.flatMap((model) => s.kind === "both" || s.kind === "china"
    ? [{ model, encoder: 1 }, { model, encoder: 0 }]
    : [{ model, encoder: 0 }]);
}

function partName(s, p) {
  const name = s.models.length < 2 && s.kind !== "china" ? say.stack
    : p.encoder ? say.encoder : say.decoder;
  return s.models.length < 2 ? name
    : name + ", " + (p.model === 4 ? say.both.last : say.both.attention);
}

function unitPanel(s) {
  const parts = partsOf(s);
  s.unit = { u: 0, ...parts[parts.length - 1] };
  s.unitInput = make("input", { type: "number", min: 1, max: s.hidden,
    value: 1, oninput: () => {
      const u = Math.floor(s.unitInput.value) - 1;
      if (u >= 0 && u < s.unitInput.max)
        chooseUnit(s, { ...s.unit, u });
    } });
  s.slider = make("input", { type: "range", min: 1, max: 1, value: 1,
    oninput: () => chooseMoment(s, s.slider.value - 1) });
  const fields = make("div", { className: "fields" },
    labelled(s.unitInput, () => say.unit),
    labelled(s.slider, () => say.moment));
  if (parts.length > 1) {
    s.partInput = choice(parts, (p) => partName(s, p), parts[parts.length - 1],
      (p) => chooseUnit(s, { u: s.unit.u, ...p }));
    fields.append(labelled(s.partInput, () => say.part, true));
  }
  s.unitCanvas = make("canvas", { role: "img" });
  speak(s.unitCanvas, () => fill(say.over, { u: s.unit.u + 1 }), "aria-label");
  const title = speak(make("h3"), () => fill(say.over, { u: s.unit.u + 1 }) +
    (parts.length > 1 ? " (" + partName(s, s.unit) + ")" : ""));
  s.unitTitle = texts[texts.length - 1];
  return make("div", {}, title, s.unitCanvas, fields);
}

/* A picture: pointing, or arrow keys, choose a unit and a step. */
function picture(s, n, caption) {
  const canvas = make("canvas", { role: "img", tabIndex: 0 });
  const point = (event) => {
    const at = canvas.getBoundingClientRect();
    const x = event.clientX - at.left, y = event.clientY - at.top;
    for (const box of s.boxes || []) {
      const u = !box.canvas || box.canvas === canvas ? unitAt(box, x, y) : -1;
      if (u >= 0) {
        chooseUnit(s, { u, model: box.model, encoder: box.encoder });
        return;
      }
    }
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("keydown", (event) => {
    const key = event.key, n = unitsOf(s.unit);
    if (key === "ArrowLeft" || key === "ArrowRight")
      chooseMoment(s, s.at + (key === "ArrowRight" ? 1 : -1));
    else if (key === "ArrowUp" || key === "ArrowDown")
      chooseUnit(s, { ...s.unit, u: (s.unit.u + n +
        (key === "ArrowDown" ? 1 : -1)) % n });
    else
      return;
    event.preventDefault();
  });
  speak(canvas, () => fill(say.picture, { name: say[s.kind].name }) + ". " +
    say.keys, "aria-label");
  s.canvases[n] = canvas;
  const frame = make("div", { className: "scroll" }, canvas);
  const rest = () => { s.restUntil = performance.now() + 6000; };
  frame.addEventListener("pointerdown", rest);
  frame.addEventListener("wheel", rest, { passive: true });
  return caption ? make("div", {}, speak(make("h3"), caption), frame) : frame;
}

/* 1: the plane, on which one chooses x. */
function planePicture(s) {
  s.x = [0.5, 0.25];
  const canvas = make("canvas", { role: "img" });
  const ranges = [0, 1].map((i) => make("input", { type: "range", min: -1,
    max: 1, step: 0.05, value: s.x[i], oninput: () => {
      s.x[i] = Number(ranges[i].value);
      giveInput(s);
    } }));
  const point = (event) => {
    if (!s.plane || !(event.buttons & 1))
      return;
    const at = canvas.getBoundingClientRect(), { px0, py0, side } = s.plane;
    const x = (event.clientX - at.left - px0) / side * 2 - 1;
    const y = 1 - (event.clientY - at.top - py0) / side * 2;
    if (Math.abs(x) > 1 || Math.abs(y) > 1)
      return;
    s.x = [x, y];
    ranges.forEach((r, i) => { r.value = s.x[i]; });
    giveInput(s);
  };
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointermove", point);
  speak(canvas, () => say.single.plane, "aria-label");
  s.canvases[0] = canvas;
  return [make("div", {}, canvas), make("div", { className: "fields" },
    labelled(ranges[0], () => say.single.x1),
    labelled(ranges[1], () => say.single.x2))];
}

/* A field to type what is read, buttons with examples, the vocabulary. */
function typing(s) {
  const field = make("input", { type: "text", value: s.input, lang:
    s.kind === "china" ? "zh" : "en", spellcheck: false,
    autocomplete: "off", oninput: () => {
      s.input = field.value;
      readInput(s);
    } });
  s.field = field;
  const nodes = [labelled(field, () => say[s.kind].input, true)];
  if (s.examples)
    nodes.push(make("div", { className: "bar" }, ...s.examples.map((e) =>
      make("button", { type: "button", lang: s.kind === "china" ? "zh" : "en",
        onclick: () => {
          field.value = s.input = e;
          readInput(s);
        } }, e))));
  if (s.examples) {
    const list = vocabulary(s).slice(s.kind === "china" ? 1 : 0);
    nodes.push(make("details", { className: "words" },
      speak(make("summary"), () => say[s.kind].words),
      make("p", {}, list.join(" "))));
  }
  return nodes;
}

function tuneControls(s) {
  s.tuneA = 0;
  s.tuneB = 1;
  s.mix = 0;
  const pick = (key) => choice([0, 1, 2, 3], (i) => say.tune.tunes[i], s[key],
    (v) => {
      s[key] = v;
      giveInput(s);
    });
  const mix = make("input", { type: "range", min: 0, max: 1, step: 0.05,
    value: 0, oninput: () => {
      s.mix = Number(mix.value);
      giveInput(s);
    } });
  const play = make("button", { type: "button",
    onclick: () => toggleSound(s) });
  s.play = play;
  speak(play, () => s.playing ? say.tune.stop : say.tune.play);
  s.playText = texts[texts.length - 1];
  return [make("div", { className: "bar" }, play),
    make("div", { className: "fields" },
      labelled(pick("tuneA"), () => say.tune.a),
      labelled(pick("tuneB"), () => say.tune.b),
      labelled(mix, () => say.tune.mix, true))];
}

/* ---- sound -------------------------------------------------------------- */

const BEAT = 0.26; /* seconds of a step */
const hertz = [0, 261.63, 293.66, 329.63, 349.23, 392, 440];

function toggleSound(s) {
  if (s.playing) {
    s.playing.audio.close();
    s.playing = null;
  } else {
    look(s); /* the notes of the moment */
    const audio = new (window.AudioContext || window.webkitAudioContext)();
    s.playing = { audio, begin: audio.currentTime + 0.1 };
    s.notes.forEach((note, t) => {
      let beats = 1;
      while (t + beats < s.notes.length && s.notes[t + beats] === 0)
        beats++;
      if (note)
        playNote(audio, hertz[note], s.playing.begin + t * BEAT,
          beats * BEAT);
    });
  }
  speakNow(s.playText);
}

function playNote(audio, frequency, at, seconds) {
  const tone = audio.createOscillator(), volume = audio.createGain();
  tone.type = "triangle";
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.002, at + seconds);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + seconds);
}

/* The step that sounds is the one that is shown. */
function followSound(s) {
  const t = Math.floor((s.playing.audio.currentTime - s.playing.begin) / BEAT);
  if (t >= s.notes.length) {
    toggleSound(s);
  } else if (t >= 0) {
    const at = s.moments.findIndex((m) => m.t === t && m.part === "out");
    if (at !== s.at)
      chooseMoment(s, at);
  }
}

/* ---- sections ----------------------------------------------------------- */

function stageOf(s) {
  if (s.kind === "single")
    return planePicture(s);
  if (s.kind === "both")
    return [make("div", { className: "two" },
      picture(s, 0, () => say.both.last),
      picture(s, 1, () => say.both.attention)), ...typing(s)];
  const nodes = [picture(s, 0)];
  if (s.kind === "tune")
    return nodes.concat(tuneControls(s));
  if (s.kind === "one")
    nodes.push(s.reading = make("p", { className: "reading", lang: "en" }),
      s.said = make("p", { className: "said" }));
  if (s.kind === "china")
    nodes.push(s.said = make("p", { className: "said", lang: "en" }));
  nodes.push(...typing(s));
  if (s.kind === "many")
    nodes.push(speak(make("h3"), () => say.many.written),
      s.written = make("pre", { className: "written" }));
  if (s.kind === "china") {
    s.table = make("table");
    nodes.push(speak(make("h3"), () => say.china.weights),
      make("div", { className: "scroll" }, s.table));
  }
  return nodes;
}

function build(s) {
  s.canvases = [];
  s.formula = make("ol", { className: "formula" });
  s.lossCanvas = make("canvas", { role: "img" });
  speak(s.lossCanvas, () => say.lossTitle, "aria-label");
  s.error = make("p", { className: "error" });
  const heading = speak(make("h2", { id: s.kind }), () => say[s.kind].name);
  const controls = bar(s);
  const stage = make("div", { className: "stage" }, ...stageOf(s), s.error);
  const form = make("div", {}, speak(make("h3"), () => say.formula +
    (s.kind === "both" ? " (" + say.both.attention + ")" : "")),
    s.formula);
  const side = make("div", { className: "side" }, form,
    settings(s));
  side.append(make("div", {}, speak(make("h3"), () => say.lossTitle),
    make("div", {}, s.lossCanvas)));
  if (s.kind !== "single")
    side.append(unitPanel(s));
  if (s.kind === "both") {
    s.lengthCanvas = make("canvas", { role: "img" });
    speak(s.lengthCanvas, () => say.both.share, "aria-label");
    stage.append(speak(make("h3"), () => say.both.share),
      make("div", {}, s.lengthCanvas));
  }
  s.bitsText = make("p");
  s.bitsCode = make("code");
  s.bits = make("details", { ontoggle: () => { s.dirty = true; } },
    speak(make("summary"), () => say.bits), s.bitsText, s.bitsCode);
  stage.append(s.bits);
  s.node = make("section", { "aria-labelledby": s.kind,
    className: s.kind === "both" ? "broad" : "" }, heading,
    speak(make("p", { className: "lead" }), () => say[s.kind].lead), controls,
    make("div", { className: "grid" }, stage, side));
  document.getElementById("networks").append(s.node);
}

