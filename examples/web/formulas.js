"use strict";

/* The equations as HTML, with the numbers of the step that is being computed,
 * and the order in which a pass computes them. */

const it = (letter, below) => "<i>" + letter + "</i>" +
  (below === undefined || below === "" ? "" : "<sub>" + below + "</sub>");
const times = " ⊙ ";

/* The lines of a cell: x is the term that enters, as HTML, or "". */
function cellLines(cell, x, h, t) {
  const before = it(h, t - 1), now = it(h, t);
  const sum = (s, state, more) => (x ? it("U", s) + " " + x + " + " : "") +
    it("W", s) + " " + (state || before) + (more || "") + " + " + it("b", s);
  const gate = (s, more) => it(s, t) + " = σ(" + sum(s, "", more) + ")";
  const c = it("c", t), c0 = it("c", t - 1);
  const peep = (s, state) => " + " + it("p", s) + times + state;

  switch (cell) {
  case 0:
    return [now + " = tanh(" + sum("") + ")"];
  case 1:
    return [now + " = max(0, " + sum("") + ")"];
  case 2:
    return [gate("r"), gate("z"),
      it("n", t) + " = tanh(" + (x ? it("U", "n") + " " + x + " + " : "") +
      it("b", "n") + " + " + it("r", t) + times + "(" + it("W", "n") + " " +
      before + " + " + it("b", "n") + "′))",
      now + " = (1 − " + it("z", t) + ")" + times + it("n", t) + " + " +
      it("z", t) + times + before];
  case 3:
    return [gate("r"), gate("z"),
      it("n", t) + " = tanh(" +
      sum("n", "(" + it("r", t) + times + before + ")") + ")",
      now + " = (1 − " + it("z", t) + ")" + times + it("n", t) + " + " +
      it("z", t) + times + before];
  default:
    return [gate("i", cell === 5 ? peep("i", c0) : ""),
      gate("f", cell === 5 ? peep("f", c0) : ""),
      it("g", t) + " = tanh(" + sum("g") + ")",
      c + " = " + it("f", t) + times + c0 + " + " + it("i", t) + times +
      it("g", t),
      gate("o", cell === 5 ? peep("o", c) : ""),
      now + " = " + it("o", t) + times + "tanh(" + c + ")"];
  }
}

/* The gates in the order in which rnn.h keeps them; of a GRU's four blocks the
 * third is q, a part of n. */
const gateNames = [[], [], ["r", "z", "", "n"], ["r", "z", "", "n"],
  ["i", "f", "g", "o"], ["i", "f", "g", "o"]];

/* What each line of a cell computes. */
const cellResults = [["h"], ["h"], ["r", "z", "n", "h"], ["r", "z", "n", "h"],
  ["i", "f", "g", "c", "o", "h"], ["i", "f", "g", "c", "o", "h"]];

const cellNames = ["tanh", "ReLU", "GRU", "GRU", "LSTM", "LSTM"];

/* What is computed in a pass: moments of { where, t, part, key }, where key
 * names a line of the formula. */
function chainMoments(cell, T, heads) {
  const n = cellLines(cell, "", "h", 1).length, moments = [];
  for (let t = 0; t < T; t++) {
    for (let k = 0; k < n; k++)
      moments.push({ where: "chain", t, part: "in", key: "h" + k });
    if (heads === "all" || t === T - 1)
      moments.push({ where: "chain", t, part: "out", key: "y" });
  }
  return moments;
}

function pairMoments(cell, S, T, attends, handsOver) {
  const n = cellLines(cell, "", "h", 1).length, moments = [];
  for (let t = 0; t < S; t++)
    for (let k = 0; k < n; k++)
      moments.push({ where: "read", t, part: "in", key: "h" + k });
  if (handsOver)
    moments.push({ where: "write", t: -1, part: "hand", key: "s0" });
  for (let t = 0; t < T; t++) {
    if (attends)
      for (const key of ["e", "a", "c"])
        moments.push({ where: "write", t, part: "look", key });
    moments.push({ where: "write", t, part: "in", key: "s" });
    moments.push({ where: "write", t, part: "out", key: "y" });
  }
  return moments;
}

/* Lines { key, html } of a formula at a moment. */
function chainFormula(kind, cell, now, T, how) {
  const t = now ? now.t + 1 : 1;
  let x = it("x", t);
  const lines = [];

  if (kind === "tune") {
    x = how === 1 || (how === 0 && t === 1) ? it("x") : "";
    if (how === 2)
      lines.push({ key: "q", html: it("h", 0) + " = tanh(" + it("Q") + " " +
        it("x") + " + " + it("q") + ")" });
  }
  cellLines(cell, x, "h", t).forEach((html, k) =>
    lines.push({ key: "h" + k, html }));
  lines.push({ key: "y", html: kind === "one"
    ? it("Y") + " = Softmax(" + it("V") + " " + it("h", T) + " + " + it("c") +
      ")"
    : it("y", t) + " = Softmax(" + it("V") + " " + it("h", t) + " + " +
      it("c") + ")" });
  return lines;
}

function pairFormula(cell, now, S, attends, handsOver, how) {
  const j = now && now.where === "read" ? now.t + 1 : S;
  const i = now && now.where === "write" ? Math.max(1, now.t + 1) : 1;
  const lines = cellLines(cell, it("x", j), "h", j).map((html, k) =>
    ({ key: "h" + k, html }));

  if (handsOver)
    lines.push({ key: "s0", html: (how ? "" : it("s", 0) + " = ") + it("c") +
      " = " + it("h", S) });
  if (attends) {
    lines.push({ key: "e", html: it("e", i + "j") + " = " + it("v") +
      " · tanh(" + it("W", "a") + " " + it("s", i - 1) + " + " + it("U", "a") +
      " " + it("h", "j") + ")" });
    lines.push({ key: "a", html: it("a", i + "j") + " = exp " +
      it("e", i + "j") + " / Σ<sub><i>k</i></sub> exp " + it("e", i + "k") });
    lines.push({ key: "c", html: it("c", i) + " = Σ<sub><i>j</i></sub> " +
      it("a", i + "j") + " " + it("h", "j") });
  }
  const reads = [it("y", i - 1)].concat(handsOver && how ? [it("c")] : [],
    attends ? [it("c", i)] : []).join("; ");
  lines.push({ key: "s", html: it("s", i) + " = " + cellNames[cell] + "(" +
    it("s", i - 1) + ", [" + reads + "])" });
  lines.push({ key: "y", html: it("y", i) + " = Softmax(" + it("V") + " " +
    (attends && !handsOver ? "[" + it("s", i) + "; " + it("c", i) + "]"
      : it("s", i)) +
    " + " + it("b", "V") + ")" });
  return lines;
}
