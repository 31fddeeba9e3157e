/* learner: a network that learns inside the 16 KB of a micro:bit, and keeps
 * what it has learnt while power fails.
 *
 *     presses   C  A  B  A  D  D  B            4 to 10 of the buttons A to D
 *               |  |  |  |  |  |  |
 *               h1-h2-h3-h4-h5-h6-h7 -> C      which was the first?
 *
 * A GRU with 6 units and 244 weights (N vs 1) reads the presses one by one, and
 * must hold on to the first through all that follow. It learns on the device,
 * by backpropagation through time and Adam, from presses that chance makes,
 * until at least 98 of 100 fresh sequences are right: those who guess have 25.
 *
 * Every 16 steps weights, Adam's moments and counters go to one of two slots of
 * flash (slots.h). What chance makes depends on the number of a step alone, so
 * a device that loses its memory goes on from the newest slot, does again what
 * came after it, and ends with the same weights, bit for bit, as one that never
 * failed. To show that, power fails here at the times of a list, in the middle
 * of erasing and of a word, too: a real reset each time, by the core itself.
 * -DCUTS=0 leaves them out, and must print the same weights:
 *
 *     make run-learner
 *
 * A desk does the same, with an array for the flash, and prints the same:
 *
 *     cc -DRNN_NO_FMA learner.c slots.c board_host.c -o learner && ./learner
 *
 * The last line says how many steps and resets it took. The status is 0 only if
 * it has learnt its task, each cut of the list up to there has come, and the
 * flash then holds the weights that memory has. A step takes 3.3 to 6.1 million
 * instructions of a Cortex-M0, which has no unit for floats, the whole without
 * cuts 1.4 billion: seconds in QEMU. */

#define RNN_IMPLEMENTATION
#define RNN_STATIC
#define RNN_NO_FILES
#define RNN_NO_WHY
#include "../../rnn.h"

#include "board.h"
#include "slots.h"

#ifndef CUTS
#define CUTS 8 /* how many of the list */
#endif

enum {
    BUTTONS = 4,
    UNITS = 6,
    LEAST = 4, MOST = 10,      /* presses of a sequence       */
    ROWS = 4,                  /* sequences of a step         */
    EVERY = 16,                /* steps from save to save     */
    STEPS = 1000,              /* when to give up             */
    TESTS = 100, ENOUGH = 98,  /* sequences, and those right  */
    PAGE = 1024, PAGES = 3     /* bytes; pages of a slot      */
};

#define NET RNN_CELL_GRU, BUTTONS, 0, UNITS, 1, 1, 1, BUTTONS

enum { N = RNN_PARAMS(NET) };
static rnn_real params[RNN_PARAMS(NET)], grads[RNN_PARAMS(NET)];
static rnn_real moments[2 * RNN_PARAMS(NET)];
static rnn_optimizer adam;
static struct progress {
    uint32_t steps, right; /* of TESTS, after those steps */
} has;

/* what a slot holds, and of what: whoever changes one of these, or what a step
 * does, starts afresh */
enum { VERSION = 1 };
static const uint32_t owner[] = {VERSION, NET, ROWS};
static const slots_part kept[] = {{params, sizeof params},
                                  {moments, sizeof moments},
                                  {&adam, sizeof adam},
                                  {&has, sizeof has}};
enum {
    WORDS = (sizeof params + sizeof moments + sizeof adam + sizeof has) / 4
};

static void say(const char *text, uint32_t n)
{
    board_write(text);
    board_number((int32_t)n);
}

/* ---- flash, and a reset -------------------------------------------------- */

#ifdef __arm__

/* nRF51: its flash is written like memory once the controller lets it be. */
#define NVMC(at) (*(volatile uint32_t *)(0x4001e000u + (at)))
enum { READY = 0x400, CONFIG = 0x504, ERASEPAGE = 0x508 };
enum { READING, WRITING, ERASING }; /* CONFIG */

extern uint32_t __data_start[], __bss_end[], __stack_top[];
extern uint32_t __slots_start[], __slots_end[];
#define FLASH ((volatile uint32_t *)__slots_start)
#define FLASH_BYTES ((uint32_t)__slots_end - (uint32_t)__slots_start)

static void flash_wait(void)
{
    while (!(NVMC(READY) & 1u)) {}
}

static void board_erase(volatile uint32_t *page)
{
    NVMC(CONFIG) = ERASING;
    flash_wait();
    NVMC(ERASEPAGE) = (uint32_t)page;
    flash_wait();
    NVMC(CONFIG) = READING;
}

static void board_program(volatile uint32_t *word, uint32_t value)
{
    NVMC(CONFIG) = WRITING;
    flash_wait();
    *word = value;
    flash_wait();
    NVMC(CONFIG) = READING;
}

/* By the core's register AIRCR. The start clears and sets all variables. */
static void board_reset(void)
{
    *(volatile uint32_t *)0xe000ed0cu = 0x05fa0004u;
    for (;;) {}
}

#else

#include <setjmp.h>
#include <string.h>

static uint32_t flash[(1 + 2 * PAGES) * PAGE / 4];
#define FLASH ((volatile uint32_t *)flash)
#define FLASH_BYTES ((uint32_t)sizeof flash)
static jmp_buf start;

static void board_erase(volatile uint32_t *page)
{
    int i;

    for (i = 0; i < PAGE / 4; i++)
        page[i] = 0xffffffffu;
}

static void board_program(volatile uint32_t *word, uint32_t value)
{
    *word &= value;
}

static void board_reset(void)
{
    int i;

    for (i = 0; i < (int)(sizeof kept / sizeof kept[0]); i++)
        memset(kept[i].data, 0x5a, kept[i].size); /* memory is lost */
    longjmp(start, 1);
}

#endif

/* ---- power that fails, to show what happens ------------------------------ */

/* While a step is trained (at 0), or at the n-th erase or write of the save
 * behind so many steps. The n-th start meets the n-th of them. */
static const struct cut {
    uint32_t steps, at;
} cuts[] = {{5, 0},   /* before anything is saved                       */
            {16, 0},  /* right behind a save                            */
            {27, 0},  /* 11 steps are lost                              */
            {48, 1},  /* erasing                                        */
            {64, PAGES + 2},             /* in the header               */
            {80, PAGES + 4 + WORDS / 2}, /* in the data                 */
            {96, PAGES + 4 + WORDS + 1}, /* in the word that counts     */
            {112, PAGES + 4 + WORDS + 2}}; /* behind it: nothing is lost */
enum { ALL_CUTS = sizeof cuts / sizeof cuts[0] };

static uint32_t resets, countdown; /* operations to the cut; 0: none comes */

/* A page of its own counts starts: each clears a word. */
static void count_starts(void)
{
    static const uint32_t is_log = 0x31474f4cu;
    volatile uint32_t *const log = FLASH;

    if (log[0] != is_log) {
        board_erase(log);
        board_program(log, is_log);
    }
    resets = 0;
    while (resets < PAGE / 4 - 2 && log[1 + resets] == 0)
        resets++;
    board_program(log + 1 + resets, 0);
}

static const struct cut *next_cut(void)
{
    return resets < ALL_CUTS && (int)resets < CUTS ? &cuts[resets] : NULL;
}

static void power_in_training(void)
{
    const struct cut *cut = next_cut();

    if (cut && cut->at == 0 && cut->steps == has.steps)
        board_reset();
}

static void power_in_save(void)
{
    const struct cut *cut = next_cut();

    countdown = cut && cut->steps == has.steps ? cut->at : 0;
}

void flash_erase(volatile uint32_t *page)
{
    if (countdown && --countdown == 0) {
        board_program(page, 0x00ff5a00u); /* no longer what it was */
        board_reset();
    }
    board_erase(page);
}

void flash_write(volatile uint32_t *word, uint32_t value)
{
    if (countdown && --countdown == 0) {
        board_program(word, value | 0x0ff05aa5u); /* some of the bits */
        board_reset();
    }
    board_program(word, value);
}

/* ---- the network --------------------------------------------------------- */

static rnn_real keep[RNN_FOLDED_KEEP(MOST, NET)];
static rnn_real scratch[RNN_FOLDED_SCRATCH(NET)];
static rnn_real logits[BUTTONS], dlogits[BUTTONS];
static rnn_seq seq;
static int presses[MOST];

RNN_DEFINE_FORWARD(forward, RNN_WIRING_N_TO_1, NET)
RNN_DEFINE_BACKWARD(backward, RNN_WIRING_N_TO_1, NET)

static rnn_status fresh_weights(void)
{
    static const rnn_model model = {.wiring = RNN_WIRING_N_TO_1,
                                    .cell = RNN_CELL_GRU,
                                    .input = RNN_INPUT_ONE_HOT,
                                    .input_size = BUTTONS,
                                    .hidden_size = UNITS,
                                    .output_size = BUTTONS};
    rnn_rng rng;
    rnn_status st;

    rnn_rng_seed(&rng, 1);
    has.steps = has.right = 0;
    st = rnn_init_params(&model, params, N, &rng, NULL);
    return st ? st
              : rnn_optimizer_init(&adam, RNN_OPT_ADAM, (rnn_real)0.03, NULL);
}

/* Sequence `number` of those to learn from, or to be asked: always the same. */
enum { TO_LEARN = 1, TO_ASK = 2 };
static void press(uint32_t what, uint32_t number)
{
    uint32_t key[2], counter[2], bits[2];
    int t;

    key[0] = what;
    key[1] = 0;
    counter[0] = number;
    counter[1] = 0;
    rnn_threefry(key, counter, bits);
    for (t = 0; t < MOST; t++)
        presses[t] = (int)(bits[0] >> 2 * t & 3u);
    seq.steps = LEAST + (int)((bits[1] >> 16) * (MOST - LEAST + 1) >> 16);
}

/* Some sequences one by one, whose gradients add up; then a step of Adam. */
static rnn_status train_step(void)
{
    const rnn_loss mean = {.n = ROWS};
    rnn_status st = RNN_OK;
    uint32_t i;

    for (i = 0; i < ROWS && !st; i++) {
        press(TO_LEARN, has.steps * ROWS + i);
        forward(params, &seq, keep, logits);
        st = rnn_cross_entropy_rows(logits, 1, BUTTONS, presses, &mean, dlogits,
                                    NULL, NULL);
        backward(params, &seq, dlogits, keep, grads, scratch, i > 0);
    }
    if (!st)
        st = rnn_clip_grad_norm(grads, N, 1, NULL, NULL);
    if (!st)
        st = rnn_optimizer_step_array(&adam, params, grads, moments, N, NULL);
    has.steps++;
    return st;
}

/* How many of TESTS sequences, new ones each time, are right. */
static rnn_status ask(void)
{
    rnn_status st = RNN_OK;
    uint32_t i;
    int first = 0;

    has.right = 0;
    for (i = 0; i < TESTS && !st; i++) {
        press(TO_ASK, has.steps * TESTS + i);
        forward(params, &seq, keep, logits);
        st = rnn_greedy(logits, BUTTONS, &first, NULL);
        has.right += first == presses[0];
    }
    return st;
}

/* ---- what memory it takes ------------------------------------------------ */

#ifdef __arm__

enum { UNUSED = 0x5e }; /* what lies where the stack has not been */

/* Below, and not as far as this function's own frame. */
static void paint_stack(void)
{
    volatile unsigned char *p = (unsigned char *)__bss_end;

    while (p < (unsigned char *)__builtin_frame_address(0) - 64)
        *p++ = UNUSED;
}

/* 0 if the stack has met the variables. */
static int report_memory(void)
{
    const volatile unsigned char *p = (unsigned char *)__bss_end;
    const uint32_t begin = (uint32_t)__data_start, end = (uint32_t)__stack_top;

    while ((uint32_t)p < end && *p == UNUSED)
        p++;
    say("memory: ", (uint32_t)__bss_end - begin);
    say(" bytes of variables, ", end - (uint32_t)p);
    say(" of stack, of ", end - begin);
    board_write("\n");
    return (uint32_t)p > (uint32_t)__bss_end;
}

#else

static void paint_stack(void)
{
}

static int report_memory(void)
{
    return 1;
}

#endif

/* ---- the program --------------------------------------------------------- */

static slots flash_slots(void)
{
    slots s = {0};

    s.flash = FLASH + PAGE / 4;
    s.page = PAGE;
    s.pages = PAGES;
    s.of = slots_crc(0, owner, sizeof owner / sizeof *owner);
    s.parts = kept;
    s.count = sizeof kept / sizeof kept[0];
    return s;
}

/* Until the task is learnt; a device of yours would go on. */
static int learn(const slots *s)
{
    rnn_status st = RNN_OK;

    while (has.right < ENOUGH && has.steps < STEPS && !st) {
        power_in_training();
        st = train_step();
        if (st || has.steps % EVERY != 0)
            continue;
        st = ask();
        say("step ", has.steps);
        say(": ", has.right);
        say(" of ", TESTS);
        board_write(" right\n");
        power_in_save();
        if (!slots_save(s))
            return 0;
    }
    return !st;
}

static void write_hex(uint32_t n)
{
    int i;

    for (i = 28; i >= 0; i -= 4)
        board_put("0123456789abcdef"[n >> i & 15u]);
}

static uint32_t hash_of_weights(void)
{
    union {
        rnn_real real;
        uint32_t bits;
    } u;
    uint32_t hash = 0;
    size_t i;

    for (i = 0; i < sizeof params / sizeof *params; i++) {
        u.real = params[i];
        hash = slots_crc(hash, &u.bits, 1);
    }
    return hash;
}

/* What it has, and whether the flash has the same. */
static int report(const slots *s)
{
    const uint32_t hash = hash_of_weights(), steps = has.steps;
    int good = report_memory();

    board_write("weights ");
    write_hex(hash);
    board_write("\n");
    params[0] = 0;
    has.steps = 0;
    good = slots_load(s) && hash_of_weights() == hash && has.steps == steps &&
           has.right >= ENOUGH && (int)resets >= CUTS && good;
    say(good ? "solved after " : "failed after ", steps);
    say(" steps, ", resets);
    board_write(good ? " resets: ok\n" : " resets\n");
    return !good;
}

static int run(void)
{
    const slots s = flash_slots();

    paint_stack();
    if (FLASH_BYTES < (1 + 2 * PAGES) * PAGE || fresh_weights() != RNN_OK)
        return 2;
    seq.ids = presses;
    seq.batch = 1;
    count_starts();
    say("start ", resets);
    if (slots_load(&s)) {
        say(": goes on from step ", has.steps);
        board_write("\n");
    } else {
        board_write(": fresh weights\n");
    }
    return learn(&s) ? report(&s) : 3;
}

int main(void)
{
#ifndef __arm__
    (void)setjmp(start);
#endif
    return run();
}
