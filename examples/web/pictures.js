"use strict";

/* The article's pictures, unrolled: circles x and y, boxes h, arrows U, W, V.
 * Each returns its boxes, so that the page finds the unit below a pointer.
 *
 * now: { t, part } is what is being computed: part "in" is the cell, "out" the
 * head, "look" attention, of encoder ("read") or decoder ("write"). */

/* How far to the left of an arrow the name of a box stands. */
function aside(size, t) {
  return Math.max(size / 2 - 8, t > 8 ? 21 : 15);
}

/* 2 N vs N, 3 N vs 1: x_t and h_t in columns; y above all, or the last. */
function chainPicture(canvas, v, now, unit) {
  const T = v.T, least = T * (v.wide || 46) + 60;
  const { g, width } = begin(canvas, 318, least);
  const left = 52, dx = Math.min(96, (width - left - 8) / T);
  const size = Math.min(64, dx - 14);
  const X = (t) => left + dx * (t + 0.5);
  const rows = { x: 268, h: 166, y: 58 };
  const boxes = [];

  vector(g, null, 0, v.H, 20, rows.h, 28, size * 0.8, {});
  name(g, "h", "0", 20, rows.h + size / 2 + 14);
  for (let t = 0; t < T; t++) {
    const here = now && now.t === t;
    const inward = here && now.part === "in", outward = here &&
      now.part === "out";
    const from = t ? X(t - 1) + size / 2 : 34;

    arrow(g, from, rows.h, X(t) - size / 2, rows.h, inward);
    arrow(g, X(t), rows.x - 20, X(t), rows.h + size / 2, inward);
    if (t === 0 || inward) {
      name(g, "W", "", (from + X(t) - size / 2) / 2 + 3,
        rows.h - (dx - size < 24 ? size / 2 + 10 : 12),
        inward && colours.mark);
      name(g, "U", "", X(t) + 13, (rows.x - 20 + rows.h + size / 2) / 2,
        inward && colours.mark);
    }
    boxes.push({ t, model: v.model, encoder: 0,
      ...vector(g, v.h, t * v.H, v.H, X(t), rows.h, size, size,
        { strong: inward, unit: unit ? unit.u : -1 }) });
    name(g, "h", t + 1, X(t) - aside(size, t), rows.h + size / 2 + 12);
    if (v.y[t]) {
      arrow(g, X(t), rows.h - size / 2, X(t), rows.y + 20, outward);
      if (t === 0 || outward || v.one)
        name(g, "V", "", X(t) + 13, (rows.h - size / 2 + rows.y + 20) / 2,
          outward && colours.mark);
      token(g, v.y[t].s, X(t), rows.y, 18,
        { p: v.y[t].p, strong: outward, half: v.one ? 36 : 0,
          size: v.one ? 13 : 15 });
      name(g, v.one ? "Y" : "y", v.one ? "" : t + 1, X(t), rows.y - 32);
    }
    token(g, v.x[t], X(t), rows.x, 17, { strong: inward,
      half: v.wide ? Math.min(dx / 2 - 3, 36) : 0, size: v.wide ? 13 : 15 });
    name(g, "x", t + 1, X(t), rows.x + 28);
    if (v.gloss)
      text(g, v.gloss[t], X(t), rows.x + 43, { size: 11,
        colour: colours.soft });
  }
  return boxes;
}

/* 4 1 vs N: x at first, at every step or as h_0; y_t as columns of pitches. */
function tunePicture(canvas, v, now, unit) {
  const T = v.T, { g, width } = begin(canvas, 400, 540);
  const left = 62, dx = (width - left - 6) / T;
  const size = Math.min(44, dx - 8);
  const X = (t) => left + dx * (t + 0.5);
  const rows = { x: 352, h: 262, y: 26 };
  const cell = 22, boxes = [];

  for (let i = 0; i < v.O; i++)
    text(g, v.names[i], left - 10, rows.y + (v.O - 1 - i + 0.5) * cell,
      { size: 12, colour: colours.soft });
  vector(g, v.h0, 0, v.H, 26, rows.h, size, size, { unit: -1 });
  name(g, "h", "0", 26, rows.h - size / 2 - 12);
  for (let t = 0; t < T; t++) {
    const here = now && now.t === t;
    const inward = here && now.part === "in";
    const outward = here && now.part === "out";

    arrow(g, t ? X(t - 1) + size / 2 : 26 + size / 2, rows.h,
      X(t) - size / 2, rows.h, inward);
    boxes.push({ t, model: v.model, encoder: 0,
      ...vector(g, v.h, t * v.H, v.H, X(t), rows.h, size, size,
        { strong: inward, unit: unit ? unit.u : -1 }) });
    arrow(g, X(t), rows.h - size / 2, X(t), rows.y + v.O * cell + 18,
      outward);
    name(g, "y", t + 1, X(t), rows.y + v.O * cell + 9,
      outward && colours.mark);
    for (let i = 0; i < v.O; i++) {
      const y = rows.y + (v.O - 1 - i) * cell, p = v.p[t * v.O + i];
      g.strokeStyle = colours.line;
      g.lineWidth = 1;
      g.strokeRect(X(t) - dx / 2 + 1, y, dx - 2, cell);
      g.fillStyle = i === v.best[t] ? colours.plus : colours.soft;
      const w = (dx - 4) * Math.sqrt(p), h = (cell - 3) * Math.sqrt(p);
      g.fillRect(X(t) - w / 2, y + cell / 2 - h / 2, w, h);
    }
    if (outward) {
      g.strokeStyle = colours.mark;
      g.lineWidth = 2.5;
      g.strokeRect(X(t) - dx / 2 + 1, rows.y - 1, dx - 2, v.O * cell + 2);
    }
  }
  const w = 92, first = now && now.part === "in";
  const xAt = v.how === 2 ? 26 + w / 4 : X(0) + (v.how ? dx * 4 : w / 4);
  if (v.how === 1) {
    for (let t = 0; t < T; t++) {
      const strong = first && now.t === t;
      g.strokeStyle = strong ? colours.mark : colours.soft;
      g.lineWidth = strong ? 2.5 : 1;
      g.beginPath();
      g.moveTo(xAt, rows.x - 18);
      g.lineTo(X(t), rows.x - 34);
      g.stroke();
      arrow(g, X(t), rows.x - 34, X(t), rows.h + size / 2, strong);
    }
    name(g, "U", "", X(0) + 12, rows.h + size / 2 + 18);
  } else {
    const to = v.how === 2 ? 26 : X(0);
    arrow(g, xAt, rows.x - 18, to, rows.h + size / 2,
      first && now.t === 0);
    name(g, v.how === 2 ? "Q" : "U", "", to + 22, rows.h + size / 2 + 22);
  }
  name(g, "W", "", (26 + X(0)) / 2 + 3, rows.h - 12);
  name(g, "V", "", X(0) + 13, rows.h - size / 2 - 14);
  g.fillStyle = colours.card;
  vector(g, v.x, 0, 4, xAt, rows.x, w, 32, { round: 16, unit: -1 });
  name(g, "x", "", xAt, rows.x + 28);
  return boxes;
}

/* 5, 6 N vs M: the encoder below, the decoder above; between them c, or the
 * lines a_ij and the contexts c_i. */
function pairPicture(canvas, v, now, unit) {
  const S = v.S, T = v.T, n = Math.max(v.words ? S : S + 1, T);
  const wide = v.wide || 52;
  const { g, width } = begin(canvas, v.a ? 506 : 450, n * wide + 50);
  const left = 50, dx = Math.min(120, (width - left - 6) / n);
  const size = Math.min(58, dx - 12);
  const X = (t) => left + dx * (t + 0.5);
  const down = v.a ? 56 : 0;
  const rows = { y: 52, s: 142, bus: 194, c: v.each ? 240 : 226,
    h: 328 + down, x: 408 + down };
  const boxes = [];
  const reads = now && now.where === "read" ? now : null;
  const writes = now && now.where === "write" ? now : null;

  if (v.a) {
    for (let i = 0; i < T; i++)
      for (let j = 0; j < S; j++) {
        const a = v.a[i * S + j], strong = writes && writes.t === i;
        if (a < 0.02)
          continue;
        g.strokeStyle = strong ? colours.mark : colours.ink;
        g.globalAlpha = writes && !strong ? a * 0.45 : 0.15 + a * 0.85;
        g.lineWidth = 0.5 + 7 * a;
        g.beginPath();
        g.moveTo(X(j), rows.h - size / 2);
        g.lineTo(X(i), rows.c + 14);
        g.stroke();
        g.globalAlpha = 1;
      }
  } else {
    const strong = writes && writes.part === "hand";
    g.lineWidth = 2.5;
    arrow(g, X(S - 1), rows.h - size / 2, X(S - 1), rows.c + 22, strong);
    if (v.each) {
      line(g, plain, [[X(S - 1), rows.c - 22], [X(S - 1), rows.bus]],
        colours.soft, 0, 1.2);
      line(g, plain, [[X(0), rows.bus], [X(Math.max(S, T) - 1), rows.bus]],
        colours.soft, 0, 1.2);
    } else {
      arrow(g, X(S - 1) - 28, rows.c, 20, rows.c, strong);
      arrow(g, 20, rows.c, 20, rows.s + size / 2, strong);
    }
  }
  for (let j = 0; j < S; j++) {
    const strong = reads && reads.t === j;
    if (j > 0)
      arrow(g, X(j - 1) + size / 2, rows.h, X(j) - size / 2, rows.h, strong);
    arrow(g, X(j), rows.x - 17, X(j), rows.h + size / 2, strong);
    boxes.push({ t: j, model: v.model, encoder: 1,
      ...vector(g, v.h, j * v.E, v.E, X(j), rows.h, size, size,
        { strong, unit: unit && unit.encoder ? unit.u : -1 }) });
    name(g, "h", j + 1, X(j) - aside(size, j), rows.h + size / 2 + 12);
    token(g, v.x[j], X(j), rows.x, 17, { strong, size: 16 });
    name(g, "x", j + 1, X(j), rows.x + 28);
  }
  name(g, "U", "", X(0) + 12, rows.h + size / 2 + 14);
  if (S > 1)
    name(g, "W", "", (X(0) + X(1)) / 2 + 3,
      rows.h - (dx - size < 24 ? size / 2 + 10 : 12));
  vector(g, v.s0, 0, v.H, 20, rows.s, 38, size,
    { unit: -1, strong: writes && writes.part === "hand" && !v.each });
  name(g, "s", "0", 20, rows.s - size / 2 - 12);
  for (let i = 0; i < T; i++) {
    const here = writes && writes.t === i;
    const inward = here && writes.part === "in";
    const outward = here && writes.part === "out";

    arrow(g, i ? X(i - 1) + size / 2 : 39, rows.s,
      X(i) - size / 2, rows.s, inward);
    if (v.each && !v.a)
      arrow(g, X(i), rows.bus, X(i), rows.s + size / 2, inward);
    if (v.a) {
      arrow(g, X(i), rows.c - 14, X(i), rows.s + size / 2, inward);
      token(g, "", X(i), rows.c, 14, { strong: here &&
        writes.part === "look" });
      name(g, "c", i + 1, X(i) - 1, rows.c - 1);
    }
    boxes.push({ t: i, model: v.model, encoder: 0,
      ...vector(g, v.s, i * v.H, v.H, X(i), rows.s, size, size,
        { strong: inward, unit: unit && !unit.encoder ? unit.u : -1 }) });
    name(g, "s", i + 1, X(i) - aside(size, i), rows.s + size / 2 + 12);
    arrow(g, X(i), rows.s - size / 2, X(i), rows.y + 17, outward);
    token(g, v.y[i].s, X(i), rows.y, 16, { p: v.y[i].p, strong: outward,
      size: v.words ? 13 : 15, half: v.words ? dx / 2 - 2 : 0 });
    name(g, "y", i + 1, X(i), rows.y - 28);
  }
  name(g, "V", "", X(0) + 13, rows.s - size / 2 - 14);
  if (!v.a) {
    vector(g, v.h, (S - 1) * v.E, v.E, X(S - 1), rows.c, 58, 44,
      { unit: -1, strong: writes && writes.part === "hand" });
    name(g, "c", "", X(S - 1) + 38, rows.c);
  }
  return boxes;
}

/* 1 the single layer: the plane of x, and y = f(Wx + b) as the article draws
 * it. */
function singlePicture(canvas, v) {
  const stacked = placeOf(canvas) < 520;
  const { g, width } = begin(canvas, stacked ? 480 : 300);
  const side = Math.min(280, width - 20), n = v.grid;
  const x0 = stacked ? (width - side) / 2 : 10, y0 = 10, cell = side / n;
  const px = (x) => x0 + (x + 1) / 2 * side;
  const py = (y) => y0 + (1 - y) / 2 * side;

  for (let j = 0; j < n; j++)
    for (let i = 0; i < n; i++) {
      const y = (v.field[j * n + i] - v.middle) / (1 - v.middle);
      g.globalAlpha = Math.min(1, Math.abs(y)) * 0.6;
      g.fillStyle = y > 0 ? colours.plus : colours.minus;
      g.fillRect(x0 + i * cell, y0 + (n - 1 - j) * cell, cell + 0.5,
        cell + 0.5);
    }
  g.globalAlpha = 1;
  g.strokeStyle = colours.soft;
  g.lineWidth = 1;
  g.strokeRect(x0, y0, side, side);
  for (let i = 0; i < v.targets.length; i++) {
    const x = px(v.points[2 * i]), y = py(v.points[2 * i + 1]);
    g.fillStyle = colours.card;
    g.beginPath();
    g.arc(x, y, 6.5, 0, 7);
    g.fill();
    mark(g, v.targets[i] > v.middle ? 1 : -1, x, y, 9);
  }
  g.strokeStyle = colours.ink;
  g.lineWidth = 2.5;
  g.beginPath();
  g.arc(px(v.x[0]), py(v.x[1]), 9, 0, 7);
  g.moveTo(px(v.x[0]) - 14, py(v.x[1]));
  g.lineTo(px(v.x[0]) + 14, py(v.x[1]));
  g.moveTo(px(v.x[0]), py(v.x[1]) - 14);
  g.lineTo(px(v.x[0]), py(v.x[1]) + 14);
  g.stroke();

  const left = stacked ? 10 : side + 40, right = width - 10;
  const middle = stacked ? 390 : 140, third = (right - left) / 4;
  const at = [left + Math.max(30, third * 0.4), left + third * 2,
    right - Math.max(30, third * 0.4)];
  arrow(g, at[0] + 32, middle, at[1] - 46, middle, v.strong);
  arrow(g, at[1] + 46, middle, at[2] - 28, middle, v.strong);
  vector(g, v.x, 0, 2, at[0], middle, 56, 56, { round: 28, unit: -1 });
  name(g, "x", "", at[0], middle + 44);
  roundBox(g, at[1] - 46, middle - 30, 92, 60, 7);
  g.fillStyle = colours.box;
  g.fill();
  g.strokeStyle = v.strong ? colours.mark : colours.soft;
  g.stroke();
  text(g, "f(Wx + b)", at[1], middle, { font: serif, size: 17 });
  text(g, "f: " + v.f, at[1], middle + 46, { colour: colours.soft });
  vector(g, [v.y], 0, 1, at[2], middle, 52, 52, { round: 26, unit: -1 });
  name(g, "y", "", at[2], middle + 44);
  return { px0: x0, py0: y0, side };
}

/* A unit over the steps: its state, and its gates, each with a dash of its own;
 * the one that is being computed is the thickest. */
function unitCurve(canvas, lists, now, active, say) {
  const { g, width, height } = begin(canvas, 190);
  let low = -1, high = 1;
  for (const l of lists)
    for (const v of l.values) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  const T = lists.length ? lists[0].values.length : 1;
  const at = axes(g, width - 26, height, { x0: 1, x1: Math.max(2, T),
    y0: low, y1: high, xName: say.moment });
  const shades = [colours.ink, colours.plus, colours.minus, colours.mark,
    colours.soft, colours.ink];
  const ends = [];

  if (now >= 0 && now < T) {
    g.strokeStyle = colours.mark;
    g.lineWidth = 1;
    g.beginPath();
    g.moveTo(at.px(now + 1), at.top);
    g.lineTo(at.px(now + 1), at.bottom);
    g.stroke();
  }
  lists.forEach((l, i) => {
    const points = Array.from(l.values, (v, t) => [t + 1, v]);
    const colour = shades[i % shades.length];
    line(g, at, points, colour, i, l.name === active ? 4 : i ? 1.6 : 2.4);
    ends.push({ name: l.name, value: l.values[T - 1], colour,
      x: at.px(T) + 6 });
  });
  lineNames(g, at, ends);
}

/* 5: what share of a sequence is right, by its length, of both networks. */
function lengthCurve(canvas, lists, names, learnt, say) {
  const { g, width, height } = begin(canvas, 240);
  const last = lists[0].length ? lists[0][lists[0].length - 1][0] : 20;
  const at = axes(g, width - 74, height, { x0: 2, x1: last, y0: 0, y1: 1,
    percent: true, xName: say.both.length, yName: "" });
  const ends = [];

  g.strokeStyle = colours.soft;
  g.lineWidth = 1;
  g.setLineDash([2, 4]);
  g.beginPath();
  g.moveTo(at.px(learnt), at.top);
  g.lineTo(at.px(learnt), at.bottom);
  g.stroke();
  g.setLineDash([]);
  text(g, say.both.learnt, at.px(learnt) - 6, at.bottom - 10,
    { size: 11, align: "right", colour: colours.soft });
  lists.forEach((l, i) => {
    const colour = i ? colours.plus : colours.minus;
    line(g, at, l, colour, i);
    for (const p of l)
      mark(g, i ? 1 : -1, at.px(p[0]), at.py(p[1]), 8);
    if (l.length)
      ends.push({ name: names[i], value: l[l.length - 1][1], colour,
        x: at.right + 8 });
  });
  lineNames(g, at, ends);
}
