// RTNeural on rows of bench_line.h: stream of gru and lstm where I is H and
// one of the sizes below, by its layers of compile time sizes.
//
//     g++ -std=c++17 -O3 -march=native -I$RTNEURAL $RTNEURAL_FLAGS
//         tests/peer_rtneural.cpp -o build/peer_rtneural
//     build/peer_rtneural [--reps N] 'lstm stream 128 128 1 1' ...
//
// $RTNEURAL is the folder with RTNeural/RTNeural.h in it. $RTNEURAL_FLAGS name
// the backend and where it is: -I/usr/include/eigen3 -DRTNEURAL_USE_EIGEN=1,
// or -DRTNEURAL_USE_XSIMD=1 with -I of xsimd. Always one thread.

// A layer holds its weights: more than Eigen lets an object hold. None of them
// is on the stack here.
#ifndef EIGEN_STACK_ALLOCATION_LIMIT
#define EIGEN_STACK_ALLOCATION_LIMIT (1 << 28)
#endif

// As RTNeural's own build has it; its xsimd backend stores whole registers
// there, and those of AVX-512 are wider than it knows.
#ifndef RTNEURAL_DEFAULT_ALIGNMENT
#if defined(__AVX512F__) && RTNEURAL_USE_XSIMD
#define RTNEURAL_DEFAULT_ALIGNMENT 64
#elif defined(__AVX__)
#define RTNEURAL_DEFAULT_ALIGNMENT 32
#else
#define RTNEURAL_DEFAULT_ALIGNMENT 16
#endif
#endif

#ifndef RTNEURAL_NAMESPACE
#define RTNEURAL_NAMESPACE RTNeural
#endif

#include <RTNeural/RTNeural.h>

#include <cmath>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "bench_time.h"

typedef std::vector<float> row;
typedef std::vector<row> rows;

static row numbers(int n, float scale)
{
    static unsigned state = 1;
    row r(static_cast<size_t>(n));

    for (float &v : r) {
        state = state * 1664525u + 1013904223u;
        v = scale * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
    }
    return r;
}

static rows matrix(int n, int m, float scale)
{
    rows r;

    while (n-- > 0)
        r.push_back(numbers(m, scale));
    return r;
}

// What forward takes: of Eigen a vector, else an array like outs, I being H.
template <class Layer> struct input {
#if RTNEURAL_USE_EIGEN
    typedef Eigen::Matrix<float, Layer::in_size, 1> type;
#else
    typedef typename std::remove_reference<decltype(Layer::outs)>::type type;
#endif
};

template <class Layer> struct stream {
    Layer layer;
    typename input<Layer>::type x;

    template <class Bias>
    stream(int gates, const Bias &bias)
    {
        const int n = Layer::in_size;
        const float size = 1 / std::sqrt(static_cast<float>(n));
        const row first = numbers(n, 0.5f);

        layer.setWVals(matrix(n, gates * n, size));
        layer.setUVals(matrix(n, gates * n, size));
        layer.setBVals(bias);
        layer.reset();
        memcpy(static_cast<void *>(&x[0]), first.data(),
               first.size() * sizeof(float));
    }

    static void call(void *what, long n)
    {
        stream *s = static_cast<stream *>(what);

        while (n-- > 0) {
            s->layer.forward(s->x);
#if defined(__GNUC__)
            __asm__ volatile("" : : "r"(s) : "memory"); // one step at a time
#endif
        }
    }
};

template <class Layer, class Bias>
static bench_stat measure(int gates, const Bias &bias, int reps)
{
    // C++17's new knows the alignment
    std::unique_ptr<stream<Layer>> s(new stream<Layer>(gates, bias));

    return bench_measure(NULL, stream<Layer>::call, s.get(), reps);
}

template <int H>
static bool take(const bench_line &l, int reps, bench_stat *s)
{
    const float size = 1 / std::sqrt(static_cast<float>(H));

    if (l.H != H || l.I != H)
        return false;
    if (l.G == 3)
        *s = measure<RTNEURAL_NAMESPACE::GRULayerT<float, H, H>>(
            3, matrix(2, 3 * H, size), reps);
    else
        *s = measure<RTNEURAL_NAMESPACE::LSTMLayerT<float, H, H>>(
            4, numbers(4 * H, size), reps);
    return true;
}

int main(int argc, char **argv)
{
    int i = 1, reps = 9, more;
    bench_line l;
    bench_stat s;

    while ((more = bench_next_row(argc, argv, &i, &reps, &l)) > 0) {
        const std::string cell = l.cell, op = l.op;
        if (op == "stream" && (cell == "gru" || cell == "lstm") && l.B == 1 &&
            l.T == 1 &&
            (take<64>(l, reps, &s) || take<128>(l, reps, &s) ||
             take<256>(l, reps, &s) || take<512>(l, reps, &s) ||
             take<1024>(l, reps, &s)))
            bench_print("rtneural", &l, 1, &s, "-"); // it has no other rows
    }
    return more < 0 ? 2 : 0;
}
