"use strict";

/* Pictures on canvases. Vectors are boxes of small marks, one for a unit:
 * squares above zero, discs below, larger the further from it. */

const colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "card", "ink", "soft", "line", "box", "plus",
    "minus", "mark"])
    colours[name] = style.getPropertyValue("--" + name).trim();
}

const sans = 'system-ui, "Segoe UI", Roboto, Arial, "PingFang SC",' +
  ' "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif';
const serif = '"STIX Two Text", Cambria, "Times New Roman", serif';

/* How wide the places of canvases are, which is dear to ask. */
const places = new Map();

function forgetWidths() {
  places.clear();
}

function placeOf(canvas) {
  if (!places.has(canvas))
    places.set(canvas, canvas.parentElement.clientWidth);
  return places.get(canvas);
}

/* A canvas as wide as its place, or as `least`, in CSS pixels. */
function begin(canvas, height, least) {
  const place = placeOf(canvas);
  const width = Math.max(place, least || 0);
  const scale = Math.min(window.devicePixelRatio || 1, 2);

  if (canvas.width !== Math.round(width * scale) ||
      canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = width > place ? width + "px" : "100%";
    canvas.style.height = height + "px";
  }
  const g = canvas.getContext("2d");
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.clearRect(0, 0, width, height);
  g.lineCap = "round";
  return { g, width, height };
}

function text(g, s, x, y, options) {
  const o = options || {};
  g.font = (o.bold ? "600 " : "") + (o.size || 13) + "px " + (o.font || sans);
  g.textAlign = o.align || "center";
  g.textBaseline = "middle";
  g.fillStyle = o.colour || colours.ink;
  g.fillText(s, x, y);
}

/* A letter and what stands below it, as h and 3. */
function name(g, letter, below, x, y, colour) {
  const o = { font: serif, size: 16, colour: colour || colours.soft };
  g.font = "italic 16px " + serif;
  g.textAlign = "center";
  g.textBaseline = "middle";
  g.strokeStyle = colours.card;
  g.lineWidth = 4;
  g.lineJoin = "round";
  g.strokeText(letter, x - 3, y);
  g.fillStyle = o.colour;
  g.fillText(letter, x - 3, y);
  if (below !== "")
    text(g, below, x + 3 + 2 * letter.length, y + 4,
      { font: serif, size: 11, colour: o.colour, align: "left" });
}

function roundBox(g, x, y, w, h, r) {
  g.beginPath();
  g.moveTo(x + r, y);
  g.arcTo(x + w, y, x + w, y + h, r);
  g.arcTo(x + w, y + h, x, y + h, r);
  g.arcTo(x, y + h, x, y, r);
  g.arcTo(x, y, x + w, y, r);
  g.closePath();
}

/* An arrow; strong ones carry what is being computed. */
function arrow(g, x1, y1, x2, y2, strong) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const dx = (x2 - x1) / length, dy = (y2 - y1) / length;
  const head = strong ? 8 : 6;

  g.strokeStyle = g.fillStyle = strong ? colours.mark : colours.soft;
  g.lineWidth = strong ? 2.5 : 1.2;
  g.beginPath();
  g.moveTo(x1, y1);
  g.lineTo(x2 - dx * head, y2 - dy * head);
  g.stroke();
  g.beginPath();
  g.moveTo(x2, y2);
  g.lineTo(x2 - dx * head - dy * head / 2, y2 - dy * head + dx * head / 2);
  g.lineTo(x2 - dx * head + dy * head / 2, y2 - dy * head - dx * head / 2);
  g.fill();
}

/* One number: a square above zero, a disc below. */
function mark(g, value, x, y, size) {
  const s = size * Math.sqrt(Math.min(1, Math.abs(value)));

  g.fillStyle = value > 0 ? colours.plus : colours.minus;
  if (value > 0) {
    g.fillRect(x - s / 2, y - s / 2, s, s);
  } else {
    g.beginPath();
    g.arc(x, y, s / 2, 0, 7);
    g.fill();
  }
}

function columnsOf(n, w, h) {
  let columns = Math.max(1, Math.round(Math.sqrt(n * w / h)));
  while (columns < n && n % columns)
    columns++;
  return columns;
}

/* A vector in a box around (x, y); returns where its units are. */
function vector(g, values, at, n, x, y, w, h, o) {
  const columns = columnsOf(n, w, h), rows = Math.ceil(n / columns);
  const size = Math.min((w - 8) / columns, (h - 8) / rows);
  const left = x - size * columns / 2, top = y - size * rows / 2;

  roundBox(g, x - w / 2, y - h / 2, w, h, o.round || 7);
  g.fillStyle = colours.box;
  g.fill();
  g.strokeStyle = o.strong ? colours.mark : colours.soft;
  g.lineWidth = o.strong ? 2.5 : 1;
  g.stroke();
  for (let i = 0; values && i < n; i++)
    mark(g, values[at + i], left + (i % columns + 0.5) * size,
      top + (Math.floor(i / columns) + 0.5) * size, size * 0.92);
  if (o.unit >= 0 && o.unit < n) {
    g.strokeStyle = colours.mark;
    g.lineWidth = 1.5;
    g.strokeRect(left + o.unit % columns * size,
      top + Math.floor(o.unit / columns) * size, size, size);
  }
  return { left, top, size, columns, rows, n, x, y, w, h };
}

/* Which unit of such a box lies at a point, or -1. */
function unitAt(box, x, y) {
  if (Math.abs(x - box.x) > box.w / 2 || Math.abs(y - box.y) > box.h / 2)
    return -1;
  const clip = (v, n) => Math.max(0, Math.min(n - 1, Math.floor(v)));
  const u = clip((y - box.top) / box.size, box.rows) * box.columns +
    clip((x - box.left) / box.size, box.columns);
  return Math.min(u, box.n - 1);
}

/* A token in a circle, with its probability as a ring around it. */
function token(g, s, x, y, r, o) {
  const wide = Math.max(r, (o.half || 0));

  roundBox(g, x - wide, y - r, 2 * wide, 2 * r, r);
  g.fillStyle = o.fill || colours.card;
  g.fill();
  g.strokeStyle = o.strong && !(o.p >= 0) ? colours.mark : colours.line;
  g.lineWidth = o.p >= 0 && wide === r ? 4 : o.strong ? 2.5 : 1.5;
  g.stroke();
  if (o.p >= 0 && wide === r) {
    g.strokeStyle = o.strong ? colours.mark : colours.ink;
    g.beginPath();
    g.arc(x, y, r, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * o.p);
    g.stroke();
  } else if (o.p >= 0) {
    g.strokeStyle = o.strong ? colours.mark : colours.ink;
    g.lineWidth = 4;
    g.beginPath();
    g.moveTo(x - wide + r, y + r);
    g.lineTo(x - wide + r + (2 * wide - 2 * r) * o.p, y + r);
    g.stroke();
  }
  text(g, s, x, y + 0.5, { size: o.size || 14, bold: true });
}

/* ---- curves ------------------------------------------------------------- */

function niceStep(range, ticks) {
  const raw = range / ticks, power = Math.pow(10, Math.floor(Math.log10(raw)));
  const part = raw / power;
  return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
}

function short(v) {
  return String(Number(v.toPrecision(6)));
}

/* Axes with their names and numbers; returns where a value lies. */
function axes(g, width, height, o) {
  const left = 40, right = width - 12, top = o.yName ? 22 : 12,
    bottom = height - 36;
  const px = (v) => left + (v - o.x0) / (o.x1 - o.x0 || 1) * (right - left);
  const py = (v) => bottom - (v - o.y0) / (o.y1 - o.y0 || 1) * (bottom - top);
  const xs = niceStep(o.x1 - o.x0, 4), ys = niceStep(o.y1 - o.y0, 3);

  g.lineWidth = 1;
  for (let v = Math.ceil(o.y0 / ys - 1e-6) * ys; v <= o.y1 + ys * 1e-6;
    v += ys) {
    g.strokeStyle = colours.line;
    g.beginPath();
    g.moveTo(left, py(v));
    g.lineTo(right, py(v));
    g.stroke();
    text(g, o.percent ? Math.round(v * 100) + "%" : short(v), left - 6, py(v),
      { size: 11, align: "right", colour: colours.soft });
  }
  for (let v = Math.ceil(o.x0 / xs - 1e-6) * xs; v <= o.x1 + xs * 1e-6;
    v += xs)
    text(g, short(v), px(v), bottom + 11, { size: 11, colour: colours.soft });
  g.strokeStyle = colours.soft;
  g.beginPath();
  g.moveTo(left, top);
  g.lineTo(left, bottom);
  g.lineTo(right, bottom);
  g.stroke();
  text(g, o.xName, (left + right) / 2, height - 9,
    { size: 11, colour: colours.soft });
  if (o.yName)
    text(g, o.yName, left - 6, 8,
      { size: 11, align: "right", colour: colours.soft });
  return { px, py, left, right, top, bottom };
}

/* Axes of a picture's own coordinates. */
const plain = { px: (v) => v, py: (v) => v };

/* How lines differ besides their colours. */
const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3], [1, 5], [12, 4]];

function line(g, at, points, colour, dash, width) {
  g.strokeStyle = colour;
  g.lineWidth = width || 2;
  g.setLineDash(dashes[dash % dashes.length]);
  g.beginPath();
  points.forEach((p, i) => {
    if (i)
      g.lineTo(at.px(p[0]), at.py(p[1]));
    else
      g.moveTo(at.px(p[0]), at.py(p[1]));
  });
  g.stroke();
  g.setLineDash([]);
}

/* Names of lines at their ends, moved apart where they would overlap. */
function lineNames(g, at, ends) {
  const spots = ends.map((e) => ({ ...e, y: at.py(e.value) }))
    .sort((a, b) => a.y - b.y);
  for (let i = 1; i < spots.length; i++)
    spots[i].y = Math.max(spots[i].y, spots[i - 1].y + 13);
  const over = spots.length ? spots[spots.length - 1].y - at.bottom : 0;
  for (const s of spots)
    text(g, s.name, s.x, s.y - Math.max(0, over),
      { size: 12, align: s.align || "left", colour: s.colour, bold: true });
}

/* Each point becomes the mean of those around it. */
function smooth(list) {
  const most = Math.floor(list.length / 40);
  return list.map((p, i) => {
    const near = Math.min(most, i, list.length - 1 - i);
    let sum = 0;
    for (let k = i - near; k <= i + near; k++)
      sum += list[k][1];
    return [p[0], sum / (2 * near + 1)];
  });
}

/* Losses, each list as [updates, loss], and a smoother line over them. */
function lossCurve(canvas, lists, names, say) {
  const { g, width, height } = begin(canvas, 170);
  const last = Math.max(10, ...lists.map((l) =>
    l.length ? l[l.length - 1][0] : 0));
  let most = 0;
  for (const l of lists)
    for (const p of l)
      most = Math.max(most, p[1]);
  const at = axes(g, width, height, { x0: 0, x1: last, y0: 0,
    y1: most * 1.05 || 1, xName: say.updates, yName: say.loss });
  lists.forEach((l, i) => {
    const colour = lists.length === 1 ? colours.ink
      : i ? colours.plus : colours.minus;
    if (l.length > 1) {
      g.globalAlpha = 0.3;
      line(g, at, l, colour, 0, 1);
      g.globalAlpha = 1;
      line(g, at, smooth(l), colour, i);
    }
    if (lists.length > 1) {
      const y = at.top - 4 + 16 * i, x = at.right - 78;
      line(g, plain, [[x - 30, y], [x - 6, y]],
        colour, i);
      text(g, names[i], x, y, { size: 12, align: "left", colour, bold: true });
    }
  });
}
