/* A plugin of QEMU (TCG, interface 1) that counts the instructions of a
 * function, from its first one to its return, at every call:
 *
 *     cc -shared -fPIC -O2 tests/firmware_count.c -o count.so
 *     qemu-... -plugin ./count.so,at=1234,to=FILE[,blocks=FILE] ...
 *
 * at is its address (hex, as nm prints it). The file gets "calls fewest most",
 * the other one a line for each block of instructions that ran meanwhile:
 * address, how many there are, how often. QEMU's header is not installed with
 * it everywhere, so what is used of it stands here. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id,
    void (*call)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
                                          void (*call)(unsigned cpu, void *arg),
                                          int flags, void *arg);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
                                    void (*call)(qemu_plugin_id_t id,
                                                 void *arg),
                                    void *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(
    const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
extern int qemu_plugin_version;
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
                        char **argv);

int qemu_plugin_version = 1;

/* Instructions that QEMU translates, and runs, as one. */
typedef struct block {
    uint64_t begin, end, count, runs;
    struct block *next;
} block;

static block *blocks;
static uint64_t at, back, last_end; /* where the call returns to */
static uint64_t count, calls, fewest = UINT64_MAX, most;
static int inside;
static const char *to, *to_blocks;

/* A call ends a block, so what it returns to follows the one before. */
static void runs(unsigned cpu, void *arg)
{
    block *b = (block *)arg;

    (void)cpu;
    if (inside && b->begin == back) {
        inside = 0;
        calls++;
        fewest = count < fewest ? count : fewest;
        most = count > most ? count : most;
    }
    if (!inside && b->begin == at) {
        inside = 1;
        back = last_end;
        count = 0;
    }
    if (inside) {
        count += b->count;
        b->runs++;
    }
    last_end = b->end;
}

static void translates(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, n - 1);
    block *b = (block *)calloc(1, sizeof *b);

    (void)id;
    if (!b)
        exit(1);
    b->begin = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    b->end = qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last);
    b->count = n;
    b->next = blocks;
    blocks = b;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, runs, 0, b);
}

static void ends(qemu_plugin_id_t id, void *arg)
{
    FILE *f = fopen(to, "w");
    const block *b;

    (void)id;
    (void)arg;
    if (!f)
        return;
    if (calls)
        fprintf(f, "%llu %llu %llu\n", (unsigned long long)calls,
                (unsigned long long)fewest, (unsigned long long)most);
    fclose(f);
    f = to_blocks ? fopen(to_blocks, "w") : NULL;
    if (!f)
        return;
    for (b = blocks; b; b = b->next)
        if (b->runs)
            fprintf(f, "%llx %llu %llu\n", (unsigned long long)b->begin,
                    (unsigned long long)b->count, (unsigned long long)b->runs);
    fclose(f);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
                        char **argv)
{
    int i;

    (void)info;
    for (i = 0; i < argc; i++)
        if (!strncmp(argv[i], "at=", 3))
            at = strtoull(argv[i] + 3, NULL, 16);
        else if (!strncmp(argv[i], "to=", 3))
            to = argv[i] + 3;
        else if (!strncmp(argv[i], "blocks=", 7))
            to_blocks = argv[i] + 7;
        else
            return -1;
    if (!at || !to)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translates);
    qemu_plugin_register_atexit_cb(id, ends, NULL);
    return 0;
}
