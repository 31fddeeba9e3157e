#!/usr/bin/env node
/* ONNX Runtime, by its package onnxruntime-node, on rows of bench_line.h:
 * infer, infer_bi and stream of all cells.
 *
 *     node --single-threaded tests/peer_ort.js [--reps N] [--threads N] \
 *         'lstm infer 128 128 16 50' ...
 *     node tests/peer_ort.js --check [ROW...]     held against the formulas in
 *                                                 JavaScript, not timed
 *
 * ORT is the folder that holds node_modules, build/ort unless given;
 * OMP_NUM_THREADS says how many threads, too. --single-threaded leaves V8 no
 * threads that would take turns with the one that is measured. A model is one
 * operator, written here as bytes of onnx.proto; its weights are constants,
 * which the runtime packs before. Outputs go to tensors that are given, so that
 * no call makes any; of both directions they stay as the operator leaves them,
 * (T, 2, B, H).
 *
 * A call goes through JavaScript: 7 to 24 us here, where a step of 64 units
 * takes one. How much is measured for every row, by a call of as many tensors
 * that copies one number for each, and printed as call=ms. Where that is much
 * of the time, as in rows with stream, the figure is the package's and says
 * little of the runtime. Sampling is that of bench_time.h. */
'use strict';
const fs = require('fs');
const path = require('path');

const GATES = {rnn: 1, gru: 3, gru_reset_before: 3, lstm: 4};
const OPERATOR = {rnn: 'RNN', gru: 'GRU', gru_reset_before: 'GRU',
                  lstm: 'LSTM'};
const OPS = ['infer', 'infer_bi', 'stream'];
const FEW = 4;      /* steps that are checked of a row that is timed   */
const CLOSE = 1e-5; /* how far from the formulas a right result may be */
const SAMPLE = 0.025;
const WARM = 0.5;   /* seconds after which V8 has compiled what it will */
const MODULES = path.resolve(process.env.ORT ||
                             path.join(__dirname, '..', 'build', 'ort'),
                             'node_modules');

let threads = Number(process.env.OMP_NUM_THREADS) || 1;

/* ---- bytes of a model ---------------------------------------------------- */

function varint(n)
{
    const bytes = [];

    for (; n > 127; n = Math.floor(n / 128))
        bytes.push(n % 128 + 128);
    return Buffer.from([...bytes, n]);
}

/* A field of a message: a number; or a text, bytes or a message. */
function field(tag, what)
{
    if (typeof what === 'number')
        return Buffer.concat([varint(8 * tag), varint(what)]);
    what = Buffer.from(what);
    return Buffer.concat([varint(8 * tag + 2), varint(what.length), what]);
}

const message = (...fields) => Buffer.concat(fields.flat());
const each = (tag, list) => list.map(what => field(tag, what));

/* Messages of onnx.proto, with what is needed of them. */
const FLOAT = 1, INT = 2, STRING = 3;
const number = (name, n) => message(
    field(1, name), field(3, n), field(20, INT));
const text = (name, s) => message(
    field(1, name), field(4, s), field(20, STRING));
const node = (type, inputs, outputs, attributes) => message(
    each(1, inputs), each(2, outputs), field(4, type), each(5, attributes));
const constant = (name, dims, data) => message(
    each(1, dims), field(2, FLOAT), field(8, name),
    field(9, Buffer.from(data.buffer)));

function value(name, dims)
{
    const shape = message(each(1, dims.map(n => field(1, n))));
    const type = field(1, message(field(1, FLOAT), field(2, shape)));

    return message(field(1, name), field(2, type));
}

/* inputs and outputs: dimensions by name */
function model(nodes, constants, inputs, outputs)
{
    const values = list => Object.keys(list).map(n => value(n, list[n]));
    const graph = message(
        each(1, nodes), field(2, 'row'), each(5, constants),
        each(11, values(inputs)), each(12, values(outputs)));
    const set = message(field(1, ''), field(2, 14));

    return message(field(1, 7), field(7, graph), field(8, set));
}

/* ---- a row --------------------------------------------------------------- */

function read(line)
{
    const [cell, op, ...sizes] = line.trim().split(/\s+/);
    const [H, I, B, T] = sizes.map(Number);

    if (sizes.length !== 4 || !sizes.every(n => n > 0)) {
        console.log('no row: ' + line);
        process.exit(2);
    }
    return {name: [cell, op, ...sizes].join(' '), cell, H, I, B, T,
            G: GATES[cell], D: op === 'infer_bi' ? 2 : 1,
            streams: op === 'stream',
            done: cell in GATES && OPS.includes(op) &&
                  (op !== 'stream' || T === 1)};
}

let random = 1;

function numbers(dims, scale)
{
    const a = new Float32Array(dims.reduce((m, n) => m * n, 1));

    for (let i = 0; i < a.length; i++) {
        random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
        a[i] = scale * ((random >>> 8) / 8388608 - 1);
    }
    return a;
}

/* Call k is fed feeds[k % 2] and fills fetches[k % 2]: of a stream, what one
 * call leaves is what the next is fed; else both are the same. */
async function open(ort, bytes, inputs, outputs, streams)
{
    const session = await ort.InferenceSession.create(bytes, {
        intraOpNumThreads: threads, interOpNumThreads: 1,
        executionMode: 'sequential', logSeverityLevel: 3});
    const scale = {X: 0.5, h0: 0.125, c0: 0.125};
    const feed = {}, fetch = {};

    for (const n in inputs)
        feed[n] = new ort.Tensor('float32', numbers(inputs[n], scale[n]),
                                 inputs[n]);
    for (const n in outputs)
        fetch[n] = new ort.Tensor('float32', numbers(outputs[n], 0),
                                  outputs[n]);
    if (!streams)
        return {session, feeds: [feed, feed], fetches: [fetch, fetch]};
    const then = {...feed, h0: fetch.hn}, back = {hn: feed.h0};
    if (feed.c0) {
        then.c0 = fetch.cn;
        back.cn = feed.c0;
    }
    return {session, feeds: [feed, then], fetches: [fetch, back]};
}

async function run(s, calls)
{
    for (let k = 0; k < calls; k++)
        await s.session.run(s.feeds[k % 2], s.fetches[k % 2]);
}

/* The operator in a session, and beside it copies of a number for each of its
 * results. Of a stream nobody needs Y, which is its state. */
async function openRow(ort, row)
{
    const {cell, H, I, B, T, G, D, streams} = row;
    const lstm = cell === 'lstm', from = {Y: 'X', hn: 'h0', cn: 'c0'};
    const dims = {W: [D, G * H, I], R: [D, G * H, H], B: [D, 2 * G * H]};
    const inputs = {X: [T, B, I], h0: [D, B, H]};
    const outputs = streams ? {} : {Y: [T, D, B, H]};
    const attributes = [number('hidden_size', H)];
    const weights = {}, constants = [], copies = [], one = {}, ones = {};

    outputs.hn = [D, B, H];
    if (lstm)
        inputs.c0 = outputs.cn = [D, B, H];
    if (G === 3)
        attributes.push(number('linear_before_reset', cell === 'gru' ? 1 : 0));
    if (D === 2)
        attributes.push(text('direction', 'bidirectional'));
    for (const n in dims) {
        weights[n] = numbers(dims[n], 1 / Math.sqrt(H));
        constants.push(constant(n, dims[n], weights[n]));
    }
    for (const n in inputs)
        one[n] = [1];
    for (const n in outputs) {
        ones[n] = [1];
        copies.push(node('Identity', [from[n]], [n], []));
    }
    const operator = node(
        OPERATOR[cell], ['X', 'W', 'R', 'B', '', 'h0', ...lstm ? ['c0'] : []],
        [streams ? '' : 'Y', 'hn', ...lstm ? ['cn'] : []], attributes);
    const full = model([operator], constants, inputs, outputs);
    const empty = model(copies, [], one, ones);
    return {row, weights, full: await open(ort, full, inputs, outputs, streams),
            empty: await open(ort, empty, one, ones, streams)};
}

/* ---- the same by the formulas -------------------------------------------- */

const sigmoid = v => 1 / (1 + Math.exp(-v));

/* h after each of n steps of row b in direction d, and c after the last; h and
 * c are the first states. */
function formulas(r, b, d, n, h, c)
{
    const {cell, H, I, B, T, G, streams} = r.row;
    const {W, R, B: bias} = r.weights, GH = G * H;
    const X = r.full.feeds[0].X.data, all = [];

    /* M v + a, of direction d; a is the first or second half of its biases */
    function affine(M, half, v)
    {
        return Array.from({length: GH}, (_, i) => {
            const m = (d * GH + i) * v.length;
            let sum = bias[(2 * d + half) * GH + i];

            for (let k = 0; k < v.length; k++)
                sum += M[m + k] * v[k];
            return sum;
        });
    }

    for (let k = 0; k < n; k++) {
        const t = streams ? 0 : d ? T - 1 - k : k, at = (t * B + b) * I;
        const zx = affine(W, 0, X.subarray(at, at + I)), zh = affine(R, 1, h);
        const gate = g => Array.from(
            {length: H}, (_, j) => sigmoid(zx[g * H + j] + zh[g * H + j]));

        if (cell === 'rnn') {
            h = zx.map((v, j) => Math.tanh(v + zh[j]));
        } else if (cell === 'lstm') {
            const i = gate(0), o = gate(1), f = gate(2);
            c = c.map((v, j) => f[j] * v + i[j] *
                      Math.tanh(zx[3 * H + j] + zh[3 * H + j]));
            h = c.map((v, j) => o[j] * Math.tanh(v));
        } else {
            const z = gate(0), q = gate(1);
            const back = cell === 'gru'
                ? zh.map((v, i) => v * q[i % H])
                : affine(R, 1, h.map((v, j) => v * q[j]));
            h = h.map((v, j) => z[j] * v + (1 - z[j]) *
                      Math.tanh(zx[2 * H + j] + back[2 * H + j]));
        }
        all.push(h);
    }
    return {all, c};
}

/* How far the first call's results (of a stream, those of FEW calls) are from
 * the formulas: of all steps of all rows, or of the first FEW of the last. */
async function wrong(r, everything)
{
    const {cell, H, B, T, D, streams} = r.row;
    const first = r.full.feeds[0], last = r.full.fetches[(FEW + 1) % 2];
    const n = streams ? FEW : everything ? T : Math.min(FEW, T);
    const h0 = first.h0.data.slice();
    const c0 = cell === 'lstm' ? first.c0.data.slice() : null;
    const slice = (a, at) => Array.from(a.subarray(at, at + H));
    let most = 0;

    /* not <=, so that what is no number is wrong */
    function compare(a, at, right)
    {
        right.forEach((v, j) => {
            const far = Math.abs(a[at + j] - v);
            if (!(far <= most))
                most = far >= 0 ? far : Infinity;
        });
    }

    await run(r.full, streams ? FEW : 1);
    for (let d = 0; d < D; d++)
        for (let b = everything ? 0 : B - 1; b < B; b++) {
            const at = (d * B + b) * H;
            const {all, c} = formulas(r, b, d, n, slice(h0, at),
                                      c0 && slice(c0, at));

            for (let k = 0; k < n && !streams; k++) {
                const t = d ? T - 1 - k : k;
                compare(last.Y.data, ((t * D + d) * B + b) * H, all[k]);
            }
            if (streams || n === T)
                compare(last.hn.data, at, all[n - 1]);
            if (c0 && (streams || n === T))
                compare(last.cn.data, at, c);
        }
    return most;
}

/* ---- time ---------------------------------------------------------------- */

/* Seconds for which this thread, or all where there are several, has waited for
 * a processor: what else V8 runs beside one thread is its own affair. */
function waited()
{
    const tasks = '/proc/self/task';
    let sum = 0;

    try {
        for (const t of threads > 1 ? fs.readdirSync(tasks) : [process.pid])
            sum += Number(fs.readFileSync(`${tasks}/${t}/schedstat`, 'latin1')
                          .split(' ')[1]);
    } catch (e) {
        return 0;
    }
    return sum * 1e-9;
}

async function take(s, calls)
{
    const before = waited(), start = process.hrtime.bigint();

    await run(s, calls);
    let time = Number(process.hrtime.bigint() - start) * 1e-9;
    const wait = waited() - before;
    if (threads === 1 && wait < time)
        time -= wait;
    return {time: time / calls, waited: wait / time};
}

async function measure(s, reps)
{
    const start = process.hrtime.bigint(), samples = [];
    const spent = () => Number(process.hrtime.bigint() - start) * 1e-9;
    let calls = 1, clean = 0;

    for (let t = 0; t < SAMPLE || spent() < WARM;) {
        if (t > 0 && t < SAMPLE)
            calls = Math.floor(calls * Math.min(20, 1.1 * SAMPLE / t)) + 1;
        t = (await take(s, calls)).time * calls;
    }
    while (clean < reps && samples.length < 8 * reps &&
           (samples.length < reps || spent() < 20)) {
        samples.push(await take(s, calls));
        clean += samples[samples.length - 1].waited < 0.01;
    }
    const best = samples.sort((a, b) => a.waited - b.waited).slice(0, reps)
        .map(x => x.time * 1e3).sort((a, b) => a - b);
    const n = best.length;
    return {median: (best[(n - 1) >> 1] + best[n >> 1]) / 2, least: best[0],
            most: best[n - 1], clean, tried: samples.length};
}

async function time(r, reps)
{
    const {name, H, I, B, T, G, D} = r.row;
    const flops = 2 * T * B * G * H * D * (I + H), far = await wrong(r, false);
    const ms = v => Number(v.toPrecision(6));

    if (far > CLOSE) {
        console.log(`ort is wrong by ${far}: ${name}`);
        return false;
    }
    const t = await measure(r.full, reps), call = await measure(r.empty, 3);
    console.log(`ort ${name} ${threads} ${ms(t.median)} ` +
                `${(flops / t.median * 1e-6).toFixed(2)} - ` +
                `clean=${t.clean}/${t.tried} min=${ms(t.least)} ` +
                `max=${ms(t.most)} call=${ms(call.median)}`);
    return true;
}

/* ---- main ---------------------------------------------------------------- */

function load(module)
{
    try {
        return require(path.join(MODULES, module));
    } catch (e) {
        console.log(`no ONNX Runtime in ${MODULES}: ` +
                    e.message.split('\n')[0]);
        process.exit(1);
    }
}

async function main(args)
{
    let reps = 9, check = false, right = true, rows = [];

    while (args.length) {
        const a = args.shift();
        if (a === '--check')
            check = true;
        else if (a === '--reps')
            reps = Number(args.shift());
        else if (a === '--threads')
            threads = Number(args.shift());
        else
            rows.push(read(a));
    }
    if (check && !rows.length)
        for (const cell in GATES)
            for (const sizes of ['5 3 2 7', '16 16 1 9', '33 20 5 4'])
                rows.push(read(`${cell} infer ${sizes}`),
                          read(`${cell} infer_bi ${sizes}`),
                          read(`${cell} stream ${sizes.slice(0, -1)}1`));
    if (rows.length && !rows.some(row => row.done))
        return true;
    const ort = load('onnxruntime-node');
    const {version} = load('onnxruntime-node/package.json');
    console.log(`# ort: ONNX Runtime ${version}, by node ${process.version}`);

    /* session.run would let the event loop turn before every call, a third of
     * the time of an empty one; nothing else waits for its turn here. */
    global.setImmediate = f => f();
    for (const row of rows.filter(row => row.done)) {
        const r = await openRow(ort, row);
        if (check) {
            const far = await wrong(r, true), ok = far <= CLOSE;
            console.log(`${ok ? 'ok' : 'FAILED'} ${row.name}: ` +
                        `${far.toExponential(1)} from the formulas`);
            right = right && ok;
        } else {
            right = await time(r, reps) && right;
        }
        await r.full.session.release();
        await r.empty.session.release();
    }
    return right;
}

main(process.argv.slice(2)).then(right => process.exit(right ? 0 : 1));
