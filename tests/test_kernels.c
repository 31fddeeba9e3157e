/* The kernels of every instruction set against plain C, bit for bit: functions
 * of the implementation itself, on odd sizes (1 to 70 in every dimension),
 * arrays of any alignment, with infinities, NaN and numbers of all sizes; large
 * products with more and with less room for their copies. All NaNs are equal.
 *
 *     test_kernels [SEED [EVERY]]     EVERY n: each n-th case, for emulators */
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"
#include "each.h"

#if RNN_I_SETS || RNN_I_HELIUM || RNN_I_WASM

/* The sets that are here, at most two, besides plain C. */
static const rnn_i_kernels *sets[2]; /* NULL: not here */
static const char *set_names[2];
static void (*set_blocked[2])(const rnn_i_product *p);
#if !RNN_I_SETS /* one that stands for plain C, which is here none the less */
#if RNN_I_HELIUM
static const rnn_i_kernels only = RNN_I_TABLE(helium);
#else
static const rnn_i_kernels only = RNN_I_TABLE(wasm);
#endif
static const rnn_i_kernels rnn_i_table_c = RNN_I_TABLE(c);
#endif

/* Every kernel that the library names, and its function for large products. A
 * further one is a compiler's warning here until it has a line. */
static void find_sets(void)
{
#define NAME(a, name, text) text,
    static const char *const names[] = {RNN_I_KERNELS(NAME, 0)};
#undef NAME
    int kernel, n = 0;

    for (kernel = RNN_KERNEL_PORTABLE + 1; kernel < RNN_KERNELS; kernel++) {
        void (*blocked)(const rnn_i_product *p) = NULL;
        const rnn_i_kernels *set = NULL;
#if RNN_I_SETS
        set = rnn_i_select(kernel);
#else
        set = kernel == (int)RNN_I_ONLY ? &only : NULL;
#endif
        switch ((rnn_kernel)kernel) {
        case RNN_KERNEL_AUTO:
        case RNN_KERNEL_PORTABLE: break;
        case RNN_KERNEL_AVX2:
#if RNN_I_X86
            blocked = rnn_i_avx2_blocked;
#endif
            break;
        case RNN_KERNEL_AVX512:
#if RNN_I_X86 && !defined(RNN_NO_AVX512)
            blocked = rnn_i_avx512_blocked;
#endif
            break;
        case RNN_KERNEL_NEON:
#if RNN_I_NEON
            blocked = rnn_i_neon_blocked;
#endif
            break;
        case RNN_KERNEL_HELIUM:
#if RNN_I_HELIUM
            blocked = rnn_i_helium_blocked;
#endif
            break;
        case RNN_KERNEL_WASM:
#if RNN_I_WASM
            blocked = rnn_i_wasm_blocked;
#endif
            break;
        }
        printf("%s: %s\n", names[kernel], set ? "here" : "not here");
        if (!set)
            continue;
        CHECK(n < 2 && blocked, "%s is not tested", names[kernel]);
        if (n == 2 || !blocked)
            continue;
        sets[n] = set;
        set_names[n] = names[kernel];
        set_blocked[n++] = blocked;
    }
}

static int same(rnn_real a, rnn_real b)
{
    return (a != a && b != b) || rnn_i_to_bits(a) == rnn_i_to_bits(b);
}

static size_t differ(const rnn_real *a, const rnn_real *b, size_t n)
{
    size_t i, bad = 0;

    for (i = 0; i < n; i++)
        bad += !same(a[i], b[i]);
    return bad;
}

/* n numbers that begin off any alignment; with `wild`, some are special */
static rnn_real *numbers(size_t n, int wild)
{
    static const rnn_real inf = (rnn_real)1e30 * (rnn_real)1e30;
    const size_t off = (size_t)test_below(16);
    rnn_real *p = test_reals(n + off, 2) + off;
    size_t i;

    for (i = 0; wild && i < n; i++)
        switch (test_below(40)) {
        case 0: p[i] = inf; break;
        case 1: p[i] = -inf; break;
        case 2: p[i] = inf - inf; break;
        case 3: p[i] = 0; break;
        case 4: p[i] = -p[i] * 0; break;
        case 5: p[i] *= (rnn_real)1e30; break;
        case 6: p[i] *= (rnn_real)1e-30; break;
        default: break;
        }
    return p;
}

/* ---- products ------------------------------------------------------------ */

static ptrdiff_t plus(size_t n, int more)
{
    return (ptrdiff_t)n + test_below(more);
}

static void one_product(int wild)
{
    rnn_i_product p;
    const int line = test_below(6) == 0; /* one long row */
    const size_t m = line ? 1 : 1 + (size_t)test_below(70);
    const size_t n = 1 + (size_t)test_below(line ? 900 : 70);
    const size_t k = 1 + (size_t)test_below(70), o = 1 + (size_t)test_below(4);
    const size_t round = line ? 80 * 2000 : 80 * 80; /* room for one of A, B */
    rnn_real *a, *b, *c, *want, *b1, *b2;
    size_t all, s;

    p.m = m;
    p.n = n;
    p.k = k;
    p.o = o;
    p.b_rows = p.b_cols = p.b_row = p.b_col = 0;
    p.half = 0;
    if (test_below(2)) { /* rows, or columns, of A */
        p.a_k = 1;
        p.a_i = plus(k, 9);
    } else {
        p.a_i = 1;
        p.a_k = plus(m, 9);
    }
    p.a_o = (ptrdiff_t)round;
    p.b_j = test_below(8) ? 1 : plus(k, 3);
    p.b_k = p.b_j == 1 ? plus(n, line ? 1000 : 9) : 1;
    p.b_o = (ptrdiff_t)round;
    p.c_i = plus(n, 9);
    p.start = test_below(3);
    a = numbers(o * round, wild);
    b = numbers(o * round, wild);
    if (test_below(2)) { /* rounds that go down */
        a += (o - 1) * round;
        p.a_o = -p.a_o;
    }
    p.a = a;
    p.b = b;
    b1 = numbers(n, wild);
    b2 = numbers(n, wild);
    p.b1 = test_below(4) ? b1 : NULL;
    p.b2 = test_below(4) ? b2 : NULL;
    all = m * (size_t)p.c_i;
    c = numbers(all, wild);
    want = test_reals(all, 0);
    memcpy(want, c, all * sizeof *c);
    p.room = NULL;
    p.room_len = 0;
    p.c = want;
    rnn_i_c_product(&p);
    for (s = 0; s < 2; s++) {
        rnn_real *got = numbers(all, 0);
        int room;
        if (!sets[s])
            continue;
        for (room = 0; room < (p.b_j == 1 ? 3 : 1); room++) {
            /* for a block of 1 to 40 terms, or of all */
            const size_t len =
                16 + 256u * (size_t)(room == 1 ? 1 + test_below(40) : 300);
            memcpy(got, c, all * sizeof *c);
            p.c = got;
            if (room) {
                p.room = numbers(len, 0);
                p.room_len = len;
            }
            if (room)
                set_blocked[s](&p);
            else
                sets[s]->product(&p);
            CHECK(differ(got, want, all) == 0,
                  "%s, room %d: m %d n %d k %d o %d start %d", set_names[s],
                  room, (int)m, (int)n, (int)k, (int)o, p.start);
        }
        p.room = NULL;
    }
    test_free();
}

/* Rows and columns of a matrix in strips, for one row of C and for more. */
static void strips(int wild)
{
    rnn_i_product p;
    const size_t in = 1 + (size_t)test_below(40);
    const size_t cols = 1 + (size_t)test_below(300);
    const size_t row = (size_t)test_below((int)in);
    const size_t col = (size_t)test_below((int)cols);
    const rnn_real *w = numbers(in * cols, wild);
    rnn_real *ws = numbers(in * cols, 0), *c, *want;
    rnn_i_matrix m = rnn_i_matrix_at(w, in, cols);
    rnn_i_call call;
    rnn_run run;
    size_t all;
    int kernel;

    memset(&run, 0, sizeof run);
    MUST(rnn_i_begin_run(&run, &call) == RNN_OK, "begin");
    rnn_i_copy_strips(&call, w, in, cols, ws);
    rnn_i_blank(&call, &p);
    p.m = test_below(2) ? 1 : 1 + (size_t)test_below(9);
    p.n = 1 + (size_t)test_below((int)(cols - col));
    p.k = 1 + (size_t)test_below((int)(in - row));
    p.a = numbers(p.m * p.k, wild);
    p.a_i = (ptrdiff_t)p.k;
    p.b1 = test_below(3) ? numbers(p.n, wild) : NULL;
    p.b2 = test_below(3) ? numbers(p.n, wild) : NULL;
    p.c_i = plus(p.n, 9);
    p.start = test_below(3);
    all = p.m * (size_t)p.c_i;
    c = numbers(all, wild);
    want = test_reals(all, 0);
    memcpy(want, c, all * sizeof *c);
    rnn_i_by(&p, &m, row, col);
    p.c = want;
    rnn_i_c_product(&p);
    m.ws = ws;
    for (kernel = 0; kernel < RNN_KERNELS; kernel++) {
        rnn_real *got = numbers(all, 0);
        memcpy(got, c, all * sizeof *c);
        run.kernel = (rnn_kernel)kernel;
        if (rnn_i_begin_run(&run, &call))
            continue;
        rnn_i_by(&p, &m, row, col);
        p.c = got;
        rnn_i_multiply(&call, &p);
        CHECK(differ(got, want, all) == 0,
              "kernel %d, strips of %d x %d, from "
              "%d, %d: m %d n %d k %d start %d",
              kernel, (int)in, (int)cols, (int)row, (int)col, (int)p.m,
              (int)p.n, (int)p.k, p.start);
    }
    test_free();
}

/* ---- all the others ------------------------------------------------------ */

#define EACH(call, got, want, n)                                               \
    do {                                                                       \
        size_t s_;                                                             \
        for (s_ = 0; s_ < 2; s_++) {                                           \
            const rnn_i_kernels *k = sets[s_];                                 \
            if (!k)                                                            \
                continue;                                                      \
            restore();                                                         \
            call;                                                              \
            CHECK(differ(got, want, n) == 0, "%s: %s, n %d", set_names[s_],    \
                  #call, (int)n);                                              \
        }                                                                      \
    } while (0)

enum { MOST = 70, ROOM = 8 * MOST };
static rnn_real old_x[ROOM], old_y[ROOM], old_z[ROOM];
static rnn_real *x, *y, *z, want_x[ROOM], want_y[ROOM], want_z[ROOM];

static void restore(void)
{
    memcpy(x, old_x, sizeof old_x);
    memcpy(y, old_y, sizeof old_y);
    memcpy(z, old_z, sizeof old_z);
}

static void keep(void)
{
    memcpy(want_x, x, sizeof want_x);
    memcpy(want_y, y, sizeof want_y);
    memcpy(want_z, z, sizeof want_z);
}

static rnn_real scalar[2];

static void others(size_t n, int wild)
{
    const rnn_i_kernels *c = &rnn_i_table_c;
    const uint32_t key[2] = {7, 9};
    rnn_i_update u;
    rnn_real s = (rnn_real)0.75;
    int f, kind;

    x = numbers(ROOM, wild);
    y = numbers(ROOM, wild);
    z = numbers(ROOM, wild);
    memcpy(old_x, x, sizeof old_x);
    memcpy(old_y, y, sizeof old_y);
    memcpy(old_z, z, sizeof old_z);

    for (f = RNN_FN_IDENTITY; f <= RNN_FN_SQRT; f++) {
        restore(), c->map(f, n, x, y), keep();
        EACH(k->map(f, n, x, y), y, want_y, ROOM);
        restore(), c->map_backward(f, n, x, y), keep();
        EACH(k->map_backward(f, n, x, y), y, want_y, ROOM);
    }
    restore(), c->gather(n, x, z, x + MOST, y), keep();
    EACH(k->gather(n, x, z, x + MOST, y), y, want_y, ROOM);
    restore(), c->gather(n, NULL, NULL, x + MOST, y), keep();
    EACH(k->gather(n, NULL, NULL, x + MOST, y), y, want_y, ROOM);
    restore(), c->accumulate(n, x, y), keep();
    EACH(k->accumulate(n, x, y), y, want_y, ROOM);
    restore(), c->accumulate_product(n, x, z, y), keep();
    EACH(k->accumulate_product(n, x, z, y), y, want_y, ROOM);
    restore(), c->scale(n, s, x, y), keep();
    EACH(k->scale(n, s, x, y), y, want_y, ROOM);
    restore(), c->clamp(n, s, y), keep();
    EACH(k->clamp(n, s, y), y, want_y, ROOM);
    restore(), c->dropout(n, key, 3, 1u << 30, s, y), keep();
    EACH(k->dropout(n, key, 3, 1u << 30, s, y), y, want_y, ROOM);

    restore(), scalar[0] = c->greatest(n, x);
    EACH(scalar[1] = k->greatest(n, x), scalar, scalar + 1, 1);
    scalar[0] = c->greatest_size(n, x);
    EACH(scalar[1] = k->greatest_size(n, x), scalar, scalar + 1, 1);
    scalar[0] = c->sum(n, x, NULL);
    EACH(scalar[1] = k->sum(n, x, NULL), scalar, scalar + 1, 1);
    scalar[0] = c->sum(n, x, y);
    EACH(scalar[1] = k->sum(n, x, y), scalar, scalar + 1, 1);
    scalar[0] = c->sum_squares(n, s, x);
    EACH(scalar[1] = k->sum_squares(n, s, x), scalar, scalar + 1, 1);
    scalar[0] = c->spread(n, s, s, x);
    EACH(scalar[1] = k->spread(n, s, s, x), scalar, scalar + 1, 1);
    restore(), scalar[0] = c->exp_sum(n, s, s, x, y), keep();
    EACH(scalar[1] = k->exp_sum(n, s, s, x, y), scalar, scalar + 1, 1);
    EACH(k->exp_sum(n, s, s, x, y), y, want_y, ROOM);
    for (f = 0; f < 2; f++) {
        restore(), scalar[0] = c->row_loss(f, n, s, x, z, y), keep();
        EACH(scalar[1] = k->row_loss(f, n, s, x, z, y), scalar, scalar + 1, 1);
        EACH(k->row_loss(f, n, s, x, z, y), y, want_y, ROOM);
        restore(), scalar[0] = c->score(f, n, x, y, z);
        EACH(scalar[1] = k->score(f, n, x, y, z), scalar, scalar + 1, 1);
        restore(),
            c->score_backward(n, s, x, x + MOST, z + MOST, y, y + 2 * MOST,
                              f ? y + 4 * MOST : NULL),
            keep();
        EACH(k->score_backward(n, s, x, x + MOST, z + MOST, y, y + 2 * MOST,
                               f ? y + 4 * MOST : NULL),
             y, want_y, ROOM);
    }

    memset(&u, 0, sizeof u);
    u.lr = (rnn_real)0.1;
    u.decay = (rnn_real)0.01;
    u.mu = u.beta1 = (rnn_real)0.9;
    u.rest_mu = u.rest1 = (rnn_real)0.1;
    u.beta2 = (rnn_real)0.99;
    u.rest2 = (rnn_real)0.01;
    u.root = (rnn_real)0.5;
    u.eps = (rnn_real)1e-6;
    u.initial = (rnn_real)0.2;
    u.p = y;
    u.g = x;
    u.m1 = z;
    u.m2 = z + 2 * MOST;
    u.m3 = z + 4 * MOST;
    for (kind = 0; kind < RNN_OPTIMIZERS; kind++)
        for (f = 0; f < 16; f++) {
            u.kind = kind;
            u.begin = f & 1;
            u.momentum = f >> 1 & 1;
            u.nesterov = u.centered = f >> 2 & 1;
            u.amsgrad = f >> 3;
            restore(), c->update(n, &u), keep();
            EACH(k->update(n, &u), y, want_y, ROOM);
            EACH(k->update(n, &u), z, want_z, ROOM);
        }
    test_free();
}

/* One step of every cell, forward and back. */
static void cells(size_t H, size_t rows, int wild)
{
    int cell, stage;

    for (cell = 0; cell < RNN_CELLS; cell++)
        for (stage = 0; stage < rnn_i_stages(&rnn_i_cells[cell]); stage++) {
            const size_t n = rows * H, all = RNN_KEPT(cell) * n;
            rnn_real *in = numbers(all + 6 * n, wild);
            rnn_real *out[3], *to;
            rnn_i_cell_step step;
            int set, back;
            for (back = 0; back < 2; back++) {
                for (set = 0; set < 3; set++) {
                    const rnn_i_kernels *k =
                        set ? sets[set - 1] : &rnn_i_table_c;
                    out[set] = to = numbers(all + 6 * n, 0);
                    memcpy(to, in, (all + 6 * n) * sizeof *to);
                    memset(&step, 0, sizeof step);
                    step.rows = rows;
                    step.H = H;
                    step.z = to;
                    step.h_prev = in + all;
                    step.c_prev = in + all + n;
                    step.p = in + all + 3 * n;
                    step.h = to + all + 2 * n;
                    step.c = to + all + 3 * n;
                    step.dy = back && rows % 2 ? in + all + 2 * n : NULL;
                    step.dy_row = (ptrdiff_t)H;
                    step.dh = to + all + 4 * n;
                    step.dc = step.dq = to + all + 5 * n;
                    if (!k)
                        continue;
                    if (back)
                        k->cell_backward(cell, stage, &step);
                    else
                        k->cell_forward(cell, stage, &step);
                    CHECK(differ(out[set], out[0], all + 6 * n) == 0,
                          "cell %d, back %d, H %d: %s", cell, back, (int)H,
                          set ? set_names[set - 1] : "plain C");
                }
            }
            test_free();
        }
}

/* The ways to run one job: in the least memory; with copies; in three parts, in
 * a loop and by a hook. */
enum { WAYS = 4 };

typedef struct way {
    rnn_net net;
    rnn_work work;
    rnn_run run;
    rnn_real *grads, *dx;
    int tasks;
} way;

static void open_way(way *w, int i, const rnn_model *m, int T, int B,
                     const rnn_real *params)
{
    rnn_most most;
    rnn_real *memory;

    memset(w, 0, sizeof *w);
    memset(&most, 0, sizeof most);
    most.steps = most.source_steps = T;
    most.batch = B;
    most.train = 1;
    most.packed = i ? RNN_PACK_FLOAT : RNN_PACK_NONE;
    w->run.parts = i >= 2 ? 3 : 1;
    w->run.each = i == 3 ? each_shuffled : NULL;
    w->run.team = &w->tasks;
    MUST(rnn_plan(&w->net, m, &most) == RNN_OK, "plan");
    memory = (rnn_real *)test_memory(w->net.sizes.all * sizeof *memory);
    memset(memory, 0xff, w->net.sizes.all * sizeof *memory);
    w->work.weights = params;
    w->work.weights_len = w->net.sizes.params;
    w->work.run = &w->run;
    MUST(rnn_bind(&w->net, &w->work, memory, w->net.sizes.all) == RNN_OK,
         "bind");
}

static size_t params_of(const rnn_model *m)
{
    rnn_net net;

    MUST(rnn_plan(&net, m, NULL) == RNN_OK, "a plan");
    return net.sizes.params;
}

/* Layers wide enough to use copies and room, or not. */
static void wide(int cell, int layers, int H, int I, int T, int B)
{
    const size_t rows = (size_t)(T * B), n = rows * (size_t)I;
    const size_t out = rows * (size_t)(H * (layers > 1 ? 2 : 1));
    rnn_model m;
    rnn_seq seq;
    rnn_flow flow;
    rnn_real *p, *dy;
    way w[WAYS];
    int i;

    memset(&m, 0, sizeof m);
    memset(&seq, 0, sizeof seq);
    memset(&flow, 0, sizeof flow);
    m.cell = (rnn_cell)cell;
    m.input_size = I;
    m.hidden_size = H;
    m.num_layers = layers;
    m.bidirectional = layers > 1;
    seq.steps = T;
    seq.batch = B;
    if (cell == RNN_CELL_RELU) {
        m.input = RNN_INPUT_ONE_HOT;
        seq.ids = test_ids(rows, I);
    } else {
        seq.x = test_reals(n, 1);
    }
    p = test_reals(params_of(&m), 0.1);
    dy = test_reals(out, 1);
    for (i = 0; i < WAYS; i++) {
        const size_t params =
            (open_way(&w[i], i, &m, T, B, p), w[i].net.sizes.params);
        flow.dx = w[i].dx = seq.ids ? NULL : test_reals(n, 1);
        MUST(rnn_forward(&w[i].net, &w[i].work, &seq) == RNN_OK, "forward");
        CHECK(!i || !differ(w[0].work.logits, w[i].work.logits, out),
              "cell %d of %d, way %d: forward", cell, H, i);
        w[i].work.dlogits = dy;
        MUST(rnn_backward(&w[i].net, &w[i].work, &seq, &flow) == RNN_OK,
             "backward");
        CHECK(!differ(w[i].work.grads, w[0].work.grads, params) &&
                  (seq.ids || !differ(w[i].dx, w[0].dx, n)),
              "cell %d of %d, way %d: backward", cell, H, i);
        /* of one row, products are tasks too */
        CHECK(i == 3 && B == 1 ? w[i].tasks > 4 * 3
                               : w[i].tasks == (i == 3 ? 4 * 3 : 0),
              "%d tasks", w[i].tasks);
        MUST(rnn_infer(&w[i].net, &w[i].work, &seq) == RNN_OK, "infer");
        CHECK(!differ(w[0].work.logits, w[i].work.logits, out), "infer %d", i);
        if (!i)
            continue;
        MUST(rnn_pack(&w[i].net, &w[i].work) == RNN_OK, "pack");
        MUST(rnn_infer(&w[i].net, &w[i].work, &seq) == RNN_OK, "infer");
        CHECK(!differ(w[0].work.logits, w[i].work.logits, out),
              "cell %d of %d, way %d: packed", cell, H, i);
    }
    test_free();
}

/* The same of models: encoders and decoder. */
static void wide_model(int wiring, int sources, int hidden, int width)
{
    const int T = 4, B = 12, O = 7;
    const size_t rows = (size_t)(wiring == RNN_WIRING_N_TO_1 ? B : T * B);
    const size_t out = rows * (size_t)O;
    rnn_model m;
    rnn_seq seq, source[2];
    rnn_real *params;
    way w[WAYS];
    int i;

    memset(&m, 0, sizeof m);
    memset(&seq, 0, sizeof seq);
    memset(source, 0, sizeof source);
    m.cell = RNN_CELL_GRU;
    m.wiring = (rnn_wiring)wiring;
    m.input = m.target = RNN_INPUT_ONE_HOT;
    m.input_size = m.target_size = m.output_size = O;
    m.hidden_size = hidden;
    if (sources) {
        m.num_sources = sources;
        m.context_size = m.decoder_hidden_size = width;
    }
    seq.steps = T;
    seq.batch = B;
    seq.ids = test_ids((size_t)(T * B), O);
    for (i = 0; i < sources; i++) {
        source[i] = seq;
        source[i].ids = test_ids((size_t)(T * B), O);
    }
    if (sources)
        seq.source = source;
    else
        m.target = m.target_size = 0;
    params = test_reals(params_of(&m), 0.1);
    for (i = 0; i < WAYS; i++) {
        open_way(&w[i], i, &m, T, B, params);
        MUST(rnn_forward(&w[i].net, &w[i].work, &seq) == RNN_OK, "forward");
        CHECK(!differ(w[0].work.logits, w[i].work.logits, out),
              "wiring %d, %d sources of %d, decoder of %d, way %d", wiring,
              sources, hidden, width, i);
    }
    test_free();
}

/* Parts have rooms of their own. */
static rnn_real room[3 * 5000];

static void share(const rnn_i_call *call, void *arg)
{
    ++*(int *)arg;
    CHECK(call->room == room + 5000 * call->part && call->room_len == 5000,
          "the room of part %d", (int)call->part);
}

static void shares(void)
{
    rnn_run run = {0, 3, each_shuffled, NULL, NULL};
    rnn_i_call call;
    int parts = 0;

    MUST(rnn_i_begin_run(&run, &call) == RNN_OK, "a call");
    call.room = room;
    call.room_len = 3 * 5000;
    rnn_i_each(&call, share, &parts);
    CHECK(parts == 3, "%d parts", parts);
}

/* The nearest half by its definition: of the two around a number that which is
 * less far away, or the even one; beyond the greatest, infinity. */
static void halves(void)
{
    static const uint32_t low[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    uint32_t up, want;
    size_t i;

    for (up = 0; up < 0x10000; up++)
        for (i = 0; i < sizeof low / sizeof *low; i++) {
            const uint32_t got =
                rnn_i_halved(rnn_i_from_bits(up << 16 | low[i]));
            if ((up & 0x7f80) == 0x7f80 && ((up & 0x7f) || low[i])) {
                CHECK((got & 0x7fc0) == 0x7fc0, "half of NaN %x", (unsigned)up);
                continue;
            }
            want =
                low[i] > 0x8000 || (low[i] == 0x8000 && up & 1) ? up + 1 : up;
            CHECK(got == want, "half of %x %x: %x", (unsigned)up,
                  (unsigned)low[i], (unsigned)got);
        }
}

int main(int argc, char **argv)
{
    const int every = argc > 2 ? atoi(argv[2]) : 1;
    size_t n;
    int i, cell;

    (void)each_shuffled; /* where there is one kernel */
    test_seed(argc, argv);
    find_sets();
    for (i = 0; i < 400; i += every)
        one_product(i % 4 == 0);
    for (i = 0; i < 200; i += every)
        strips(i % 4 == 0);
    for (n = 1; n <= MOST; n += (size_t)every) {
        others(n, 0);
        others(n, 1);
        cells(n, 1 + n % 3, n % 4 == 0);
    }
    halves();
    shares();
    for (cell = 0; sets[0] && cell < RNN_CELLS; cell += every)
        wide(cell, 1, 257 + cell, 290 - cell, 6, 50);
    if (sets[0])
        wide(RNN_CELL_GRU, 2, 261, 70, 2, 150);
    wide(RNN_CELL_LSTM, 2, 255, 40, 2, 7);
    wide(RNN_CELL_LSTM, 1, 257, 40, 60, 1); /* too few rows at a step */
    wide_model(RNN_WIRING_N_TO_N, 0, 257, 0);
    wide_model(RNN_WIRING_N_TO_N, 0, 70, 0);
    wide_model(RNN_WIRING_N_TO_M, 1, 257, 260);
    wide_model(RNN_WIRING_N_TO_M, 1, 20, 260);
    wide_model(RNN_WIRING_N_TO_M, 2, 257, 20);
    wide_model(RNN_WIRING_N_TO_M, 2, 30, 20);
    test_unused();
    return test_end();
}

#else

int main(void)
{
    CHECK(rnn_i_select(RNN_KERNEL_PORTABLE) != 0, "plain C alone");
    (void)each_shuffled;
    test_unused();
    return test_end();
}

#endif
