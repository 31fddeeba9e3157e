/* team.h: a program as several processes that work as one, over MPI.
 *
 *     team_begin(&argc, &argv);    all but the first wait in it
 *     ...                          what is refused, or only read and said
 *     team_follow();               now the others do that, too, and the rest
 *     team_sum(x, n, room);        x[i] becomes its sum over all processes
 *     team_share(all, bytes);      parts of an array, each process has its own
 *     team_tell(x, bytes);         what the first process has
 *     team_end();
 *
 * Compiled without WITH_MPI there is one process, and these do nothing. Only
 * the first process has a standard output.
 *
 * The sum over N = 2^k processes is a tree, the same one for every number,
 *
 *     ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7))
 *
 * by recursive halving: neighbours send each other the half that they do not
 * keep and add what they get; then those two apart do so with their quarters,
 * those four apart with their eighths; and the sums go all the way back. A
 * process sends 2 (N - 1) / N of n numbers, as little as in a ring, in 2 log2 N
 * messages. If a process has added neighbouring leaves on its own, as
 * (x0 + x1), they are the lower part of the tree: its bits do not depend on N.
 * MPI_Allreduce may add in any order. */
#ifndef TEAM_H
#define TEAM_H

#include "base.h"

#ifdef WITH_MPI
#include <mpi.h>
enum { TEAM = 1 }; /* whether there may be more than one */
#else
enum { TEAM = 0 };
#endif

static struct {
    int rank, count;    /* this process, of how many              */
    int together, over; /* whether team_follow, team_end was here */
} team = {0, 1, 0, 0};

/* x[i] + y[i] into x[i]. */
static inline void team_add(rnn_real *x, const rnn_real *y, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        x[i] += y[i];
}

#ifdef WITH_MPI

/* ---- coming and going --------------------------------------------------- */

/* If the first ends before there is a team, the others have nothing to do. */
static inline void team_end(void)
{
    if (team.rank == 0 && !team.together)
        MPI_Bcast(&team.together, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Finalize();
    team.over = 1;
}

/* The last act of exit. Who leaves a team ends it: the others would wait for
 * ever. */
static void team_leave(void)
{
    if (team.together && !team.over)
        MPI_Abort(MPI_COMM_WORLD, 1);
    if (!team.over)
        team_end();
}

static inline void team_begin(int *argc, char ***argv)
{
    int level;

    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &team.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &team.count);
    atexit(team_leave);
    if (team.rank == 0)
        return;
    MPI_Bcast(&team.together, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (!team.together) {
        team_end();
        exit(0);
    }
    if (!freopen("/dev/null", "w", stdout))
        die("/dev/null: %s", strerror(errno));
}

static inline void team_follow(void)
{
    if (team.rank == 0) {
        team.together = 1;
        MPI_Bcast(&team.together, 1, MPI_INT, 0, MPI_COMM_WORLD);
    }
}

/* Where all are about to leave for the same reason, which one may tell. */
static inline void team_let_first_tell(void)
{
    if (team.rank > 0)
        MPI_Barrier(MPI_COMM_WORLD); /* up to the first one's MPI_Abort */
}

/* ---- words and numbers -------------------------------------------------- */

/* All begin with the first process's bytes. */
static inline void team_tell(void *x, size_t bytes)
{
    MPI_Bcast(x, (int)bytes, MPI_BYTE, 0, MPI_COMM_WORLD);
}

/* An array of as many parts as processes, in their order: each has made its
 * own, and gets the others. */
static inline void team_share(void *all, size_t bytes)
{
    MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, all, (int)bytes, MPI_BYTE,
                  MPI_COMM_WORLD);
}

/* Whether something is so in any process. */
static inline int team_any(int here)
{
    int any = here != 0;

    MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return any;
}

static inline void team_trade(int other, const rnn_real *out, size_t out_len,
                              rnn_real *in, size_t in_len)
{
    const MPI_Datatype type =
        sizeof *in == sizeof(float) ? MPI_FLOAT : MPI_DOUBLE;

    MPI_Sendrecv(out, (int)out_len, type, other, 0, in, (int)in_len, type,
                 other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

/* Among processes that are `apart` or a multiple of it away. */
static inline void team_sum_apart(rnn_real *x, size_t n, rnn_real *room,
                                  int apart)
{
    const int other = team.rank ^ apart, upper = (team.rank & apart) != 0;
    const size_t count = upper ? n - n / 2 : n / 2;
    rnn_real *mine = upper ? x + n / 2 : x, *theirs = upper ? x : x + n / 2;

    if (apart >= team.count)
        return;
    team_trade(other, theirs, n - count, room, count);
    team_add(mine, room, count);
    team_sum_apart(mine, count, room, 2 * apart);
    team_trade(other, mine, count, theirs, n - count);
}

/* room has (n + 1) / 2 numbers. */
static inline void team_sum(rnn_real *x, size_t n, rnn_real *room)
{
    team_sum_apart(x, n, room, 1);
}

#else

static inline void team_begin(int *argc, char ***argv)
{
    (void)argc, (void)argv;
}

static inline void team_follow(void)
{
}

static inline void team_end(void)
{
}

static inline void team_let_first_tell(void)
{
}

static inline void team_tell(void *x, size_t bytes)
{
    (void)x, (void)bytes;
}

static inline void team_share(void *all, size_t bytes)
{
    (void)all, (void)bytes;
}

static inline int team_any(int here)
{
    return here;
}

static inline void team_sum(rnn_real *x, size_t n, rnn_real *room)
{
    (void)x, (void)n, (void)room;
}

#endif

/* ---- of these ----------------------------------------------------------- */

/* One clock for all: the first one's. */
static inline double team_seconds(void)
{
    double now = seconds();

    team_tell(&now, sizeof now);
    return now;
}

/* 8 bytes that must be the same in all processes. */
static inline void team_agree(uint64_t mine, const char *what)
{
    uint64_t first = mine;

    team_tell(&first, sizeof first);
    if (team_any(first != mine)) {
        team_let_first_tell();
        die("%s: not the same in all processes", what);
    }
}

#endif
