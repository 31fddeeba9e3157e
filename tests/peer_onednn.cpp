// oneDNN on rows of bench_line.h: train and infer with their _bi, and stream.
// A training row holds what ours holds: weights reordered from [in][out] to
// what either pass wants, gradients cleared and ordered back, dx, dh0, dc0.
// Inference has its weights in order before, as ours has.
//
//     g++ -std=c++14 -O2 tests/peer_onednn.cpp -o build/peer_onednn -ldnnl
//     build/peer_onednn [--reps N] 'lstm train 128 128 16 50' ...
//
// Written for oneDNN 2. Threads are OpenMP's: OMP_NUM_THREADS.
#include <oneapi/dnnl/dnnl.hpp>

#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench_time.h"

using dnnl::memory;
using dnnl::primitive;
using dnnl::prop_kind;

typedef std::unordered_map<int, memory> arguments;

static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
static dnnl::stream stream(engine);

// What one call does, in order: primitives, and memories to clear.
struct step {
    primitive what;
    arguments with;
    memory clear;
};
typedef std::vector<step> plan;

static void call(void *what, long n)
{
    const plan *p = static_cast<const plan *>(what);

    while (n-- > 0) {
        for (const step &s : *p) {
            if (s.what)
                s.what.execute(stream, s.with);
            else
                memset(s.clear.get_data_handle(), 0,
                       s.clear.get_desc().get_size());
        }
        stream.wait();
    }
}

static memory numbers(const memory::desc &d, float scale)
{
    static unsigned state = 1;
    memory m(d, engine);
    float *p = static_cast<float *>(m.get_data_handle());
    size_t i, n = d.get_size() / sizeof(float);

    for (i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        p[i] = scale * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
    }
    return m;
}

static memory::desc shape(const memory::dims &d, memory::format_tag tag)
{
    return memory::desc(d, memory::data_type::f32, tag);
}

static void reorder(plan &p, memory from, memory to)
{
    step s;

    s.what = dnnl::reorder(from, to);
    s.with = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    p.push_back(s);
}

static void clear(plan &p, memory m)
{
    step s;

    s.clear = m;
    p.push_back(s);
}

// The layouts in which a pass wants its weights and leaves their gradients.
struct layer {
    primitive forward, backward;
    memory::desc wx, wh, work, back_wx, back_wh, dwx, dwh;
};

template <class F, class B>
static layer make(const typename F::desc &f, const typename B::desc &b,
                  bool train)
{
    typename F::primitive_desc fd(f, engine);
    layer l;

    l.forward = F(fd);
    l.wx = fd.weights_layer_desc();
    l.wh = fd.weights_iter_desc();
    if (train) {
        typename B::primitive_desc bd(b, engine, fd);
        l.backward = B(bd);
        l.work = fd.workspace_desc();
        l.back_wx = bd.weights_layer_desc();
        l.back_wh = bd.weights_iter_desc();
        l.dwx = bd.diff_weights_layer_desc();
        l.dwh = bd.diff_weights_iter_desc();
    }
    return l;
}

static layer make_layer(const bench_line &l, bool train, const memory::desc &x,
                        const memory::desc &h, const memory::desc &wx,
                        const memory::desc &wh, const memory::desc &bias,
                        const memory::desc &y)
{
    const prop_kind f = train ? prop_kind::forward_training
                              : prop_kind::forward_inference;
    const prop_kind b = prop_kind::backward;
    const std::string cell = l.cell;
    const dnnl::rnn_direction d =
        l.D == 2 ? dnnl::rnn_direction::bidirectional_concat
                 : dnnl::rnn_direction::unidirectional_left2right;

    if (cell == "lstm")
        return make<dnnl::lstm_forward, dnnl::lstm_backward>(
            {f, d, x, h, h, wx, wh, bias, y, h, h},
            {b, d, x, h, h, wx, wh, bias, y, h, h, x, h, h, wx, wh, bias, y, h,
             h}, train);
    if (cell == "gru")
        return make<dnnl::lbr_gru_forward, dnnl::lbr_gru_backward>(
            {f, d, x, h, wx, wh, bias, y, h},
            {b, d, x, h, wx, wh, bias, y, h, x, h, wx, wh, bias, y, h}, train);
    if (cell == "gru_reset_before")
        return make<dnnl::gru_forward, dnnl::gru_backward>(
            {f, d, x, h, wx, wh, bias, y, h},
            {b, d, x, h, wx, wh, bias, y, h, x, h, wx, wh, bias, y, h}, train);
    return make<dnnl::vanilla_rnn_forward, dnnl::vanilla_rnn_backward>(
        {f, dnnl::algorithm::eltwise_tanh, d, x, h, wx, wh, bias, y, h},
        {b, dnnl::algorithm::eltwise_tanh, d, x, h, wx, wh, bias, y, h, x, h,
         wx, wh, bias, y, h}, train);
}

// One call of a row. Of stream two steps, h to hn and back.
static plan make_plan(const bench_line &l, bool train, bool streams)
{
    typedef memory::format_tag tag;
    const bool lstm = l.G == 4;
    const int biases = strcmp(l.cell, "gru") == 0 ? 4 : l.G;
    const memory::dims wxd = {1, l.D, l.I, l.G, l.H};
    const memory::dims whd = {1, l.D, l.H, l.G, l.H};
    const memory::desc x = shape({l.T, l.B, l.I}, tag::tnc);
    const memory::desc y = shape({l.T, l.B, l.D * l.H}, tag::tnc);
    const memory::desc h = shape({1, l.D, l.B, l.H}, tag::ldnc);
    const memory::desc wx = shape(wxd, tag::ldigo), wh = shape(whd, tag::ldigo);
    const memory::desc bias = shape({1, l.D, biases, l.H}, tag::ldgo);
    const layer a = make_layer(l, train, x, h, shape(wxd, tag::any),
                               shape(whd, tag::any), bias, y);
    const float size = 1 / std::sqrt(static_cast<float>(l.H));
    memory our_wx = numbers(wx, size), our_wh = numbers(wh, size);
    memory fwx(a.wx, engine), fwh(a.wh, engine);
    memory db = numbers(bias, 0), dwx, dwh;
    plan p, before;
    step f, b;

    f.what = a.forward;
    f.with = {{DNNL_ARG_SRC_LAYER, numbers(x, 0.5f)},
              {DNNL_ARG_SRC_ITER, numbers(h, 0.125f)},
              {DNNL_ARG_WEIGHTS_LAYER, fwx},
              {DNNL_ARG_WEIGHTS_ITER, fwh},
              {DNNL_ARG_BIAS, numbers(bias, size)},
              {DNNL_ARG_DST_LAYER, numbers(y, 0)},
              {DNNL_ARG_DST_ITER, numbers(h, 0)}};
    if (lstm) {
        f.with[DNNL_ARG_SRC_ITER_C] = numbers(h, 0.125f);
        f.with[DNNL_ARG_DST_ITER_C] = numbers(h, 0);
    }
    if (train)
        f.with[DNNL_ARG_WORKSPACE] = memory(a.work, engine);
    plan &order = train ? p : before;
    reorder(order, our_wx, fwx);
    reorder(order, our_wh, fwh);
    call(&before, 1);
    p.push_back(f);
    if (streams) {
        b = f;
        std::swap(b.with[DNNL_ARG_SRC_ITER], b.with[DNNL_ARG_DST_ITER]);
        if (lstm)
            std::swap(b.with[DNNL_ARG_SRC_ITER_C],
                      b.with[DNNL_ARG_DST_ITER_C]);
        p.push_back(b);
    }
    if (!train)
        return p;
    b.what = a.backward;
    b.with = f.with;
    b.with[DNNL_ARG_WEIGHTS_LAYER] = memory(a.back_wx, engine);
    b.with[DNNL_ARG_WEIGHTS_ITER] = memory(a.back_wh, engine);
    reorder(p, our_wx, b.with[DNNL_ARG_WEIGHTS_LAYER]);
    reorder(p, our_wh, b.with[DNNL_ARG_WEIGHTS_ITER]);
    dwx = memory(a.dwx, engine);
    dwh = memory(a.dwh, engine);
    clear(p, dwx);
    clear(p, dwh);
    clear(p, db);
    b.with[DNNL_ARG_DIFF_DST_LAYER] = numbers(y, 0.0078125f);
    b.with[DNNL_ARG_DIFF_DST_ITER] = numbers(h, 0.0078125f);
    b.with[DNNL_ARG_DIFF_SRC_LAYER] = numbers(x, 0);
    b.with[DNNL_ARG_DIFF_SRC_ITER] = numbers(h, 0);
    b.with[DNNL_ARG_DIFF_WEIGHTS_LAYER] = dwx;
    b.with[DNNL_ARG_DIFF_WEIGHTS_ITER] = dwh;
    b.with[DNNL_ARG_DIFF_BIAS] = db;
    if (lstm) {
        b.with[DNNL_ARG_DIFF_DST_ITER_C] = numbers(h, 0.0078125f);
        b.with[DNNL_ARG_DIFF_SRC_ITER_C] = numbers(h, 0);
    }
    p.push_back(b);
    reorder(p, dwx, numbers(wx, 0));
    reorder(p, dwh, numbers(wh, 0));
    return p;
}

int main(int argc, char **argv)
{
    const char *threads = getenv("OMP_NUM_THREADS");
    int i = 1, reps = 9, more;
    bench_line l;

    while ((more = bench_next_row(argc, argv, &i, &reps, &l)) > 0) {
        const std::string op = l.op;
        const bool train = op == "train" || op == "train_bi";
        const bool streams = op == "stream";
        if (!train && !streams && op != "infer" && op != "infer_bi")
            continue; // it has no such row
        plan p = make_plan(l, train, streams);
        bench_stat s = bench_measure(NULL, call, &p, reps);
        if (streams) {
            s.median /= 2;
            s.least /= 2;
            s.most /= 2;
        }
        bench_print("onednn", &l, threads ? atoi(threads) : 1, &s, "-");
    }
    return more < 0 ? 2 : 0;
}
