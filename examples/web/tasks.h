/* tasks.h: what the networks of the page learn, in the article's order. Each
 * task has a description of its model and makes the next batch, of a generator
 * of its own, so that a seed says everything.
 *
 *     N vs N    the next letter of a short text
 *     N vs 1    whether a sentence is for something or against it
 *     1 vs N    a tune, from a number for each of four tunes
 *     N vs M    a sequence of letters from its end; with attention, too
 *     N vs M    Chinese to English, with attention
 *
 * The single layer, which has no steps, is in live.c. */

#ifndef TASKS_H
#define TASKS_H

#include "live.h"

/* ---- N vs N: the beginning of examples/text.txt ------------------------- */

static const char text[] =
    "Evening in the harbour. The lamps are dark. Mira has a ladder.\n"
    "OLD TOM: Good evening, Mira. You are late tonight.\n"
    "MIRA: Good evening, Old Tom. I am not late. The dark is early.\n"
    "OLD TOM: How many lamps are there to light?\n"
    "MIRA: Ten lamps on the wall, and one on the hill. "
    "The one on the hill is the last.\n"
    "OLD TOM: And who lights the lamp on the hill when the wind is strong?\n"
    "MIRA: I do. I hold the ladder with one hand "
    "and I hold the light with the other.\n"
    "OLD TOM: And what do you hold on with, then?\n"
    "MIRA: I hold on with my teeth, Old Tom.\n"
    "Old Tom laughs. Mira lights the first lamp. "
    "The water is gold, and the tide comes in.\n";

static char letters[128][2]; /* those that occur, as strings */
static int letter_of[128], letter_count;

static void count_letters(void)
{
    int seen[128] = {0}, i;

    for (i = 0; text[i]; i++)
        seen[(int)text[i]] = 1;
    for (letter_count = i = 0; i < 128; i++)
        if (seen[i]) {
            letters[letter_count][0] = (char)i;
            letter_of[i] = letter_count++;
        }
}

static void text_model(rnn_model *m)
{
    count_letters();
    m->wiring = RNN_WIRING_N_TO_N;
    m->input = RNN_INPUT_ONE_HOT;
    m->input_size = m->output_size = letter_count;
}

/* Windows from anywhere, which begin with a state of zeros. */
static void text_batch(live *l)
{
    enum { T = 24, B = 8 };
    int b, t;

    set_steps(l, T, 0, B);
    for (b = 0; b < B; b++) {
        const char *at = text + below(&l->data, (int)sizeof text - 1 - T);

        for (t = 0; t < T; t++) {
            l->ids[t * B + b] = letter_of[(int)at[t]];
            l->targets[t * B + b] = letter_of[(int)at[t + 1]];
        }
    }
}

/* ---- N vs 1: a small grammar of opinions -------------------------------- */

/* Words stand in groups, of which a clause takes any one. */
enum { SAY_THE, SAY_WAS, SAY_I, SAY_BUT, SAY_AND, SAY_ALTHOUGH, SAY_NEVER,
       SAY_DOUBT, SAY_THINK, SAY_THAT, SAY_NOT, SAY_HARDLY, SAY_VERY, SAY_SO,
       SAY_THING, SAY_GOOD = SAY_THING + 8, SAY_BAD = SAY_GOOD + 6,
       SAY_LIKED = SAY_BAD + 6, SAY_HATED = SAY_LIKED + 3,
       OPINION_WORDS = SAY_HATED + 3 };
static const char *const opinion_words[OPINION_WORDS] = {
    "the", "was", "I", "but", "and", "although", "never", "doubt", "think",
    "that", "not", "hardly", "very", "so",
    "food", "room", "film", "music", "story", "view", "book", "end",
    "good", "great", "lovely", "nice", "clever", "charming",
    "bad", "awful", "boring", "dull", "poor", "ugly",
    "liked", "loved", "enjoyed", "hated", "disliked", "regretted"};

typedef struct opinion {
    int words[LONGEST], n;
} opinion;

static void say(opinion *o, int word)
{
    o->words[o->n++] = word;
}

/* "the food was not very good", "I never liked the food": a negation turns
 * round what follows. */
static void say_clause(opinion *o, int good, rnn_rng *rng)
{
    const int turn = below(rng, 2), word = turn ? !good : good;
    const int thing = SAY_THING + below(rng, 8);

    if (below(rng, 3) == 0) {
        say(o, SAY_I);
        if (turn)
            say(o, SAY_NEVER);
        say(o, (word ? SAY_LIKED : SAY_HATED) + below(rng, 3));
        say(o, SAY_THE);
        say(o, thing);
        return;
    }
    say(o, SAY_THE);
    say(o, thing);
    say(o, SAY_WAS);
    if (turn)
        say(o, SAY_NOT + below(rng, 2));
    if (below(rng, 2))
        say(o, SAY_VERY + below(rng, 2));
    say(o, (word ? SAY_GOOD : SAY_BAD) + below(rng, 6));
}

/* One clause, a doubted or a believed one, or two, of which the one after "but"
 * counts, or the one that "although" does not begin. */
static void say_opinion(opinion *o, int good, rnn_rng *rng)
{
    const int form = below(rng, 6);

    o->n = 0;
    if (form == 1 || form == 2) {
        say(o, SAY_I);
        say(o, form == 1 ? SAY_DOUBT : SAY_THINK);
        say(o, SAY_THAT);
        say_clause(o, form == 1 ? !good : good, rng);
        return;
    }
    if (form > 2)
        say_clause(o, form == 3 || form == 5 ? good : !good, rng);
    if (form > 2)
        say(o, form == 3 ? SAY_AND : form == 4 ? SAY_BUT : SAY_ALTHOUGH);
    say_clause(o, form == 5 ? !good : good, rng);
}

static void opinion_model(rnn_model *m)
{
    m->wiring = RNN_WIRING_N_TO_1;
    m->input = RNN_INPUT_EMBEDDING;
    m->input_size = OPINION_WORDS;
    m->embedding_size = 12;
    m->output_size = 2; /* against, for */
}

static void opinion_batch(live *l)
{
    enum { B = 32 };
    int longest = 0, b, t;
    opinion o[B];

    for (b = 0; b < B; b++) {
        l->targets[b] = below(&l->data, 2);
        say_opinion(&o[b], l->targets[b], &l->data);
        l->lengths[b] = o[b].n;
        longest = o[b].n > longest ? o[b].n : longest;
    }
    set_steps(l, longest, 0, B);
    l->seq.lengths = l->lengths;
    l->seq.targets_len = B;
    for (t = 0; t < longest; t++)
        for (b = 0; b < B; b++)
            l->ids[t * B + b] = t < o[b].n ? o[b].words[t] : 0;
}

/* ---- 1 vs N: four old tunes --------------------------------------------- */

enum { TUNES = 4, NOTES = 16, PITCHES = 7 };
static const char *const pitch_names[PITCHES] = {"-", "C", "D", "E",
                                                 "F", "G", "A"};

/* As degrees of the scale, an eighth each; 0 holds the note before. */
static const char tunes[TUNES][NOTES + 1] = {
    "1155665044332210",  /* Ah ! vous dirai-je, maman */
    "1231123134503450",  /* Frère Jacques             */
    "3345543211233220",  /* Ode to Joy                */
    "1112302013221000"}; /* Au clair de la lune       */

/* Where x enters, as the article draws it: an input of the first step alone, or
 * of every step; or, made as large as a state, h_0. */
static void tune_model(rnn_model *m, int how)
{
    m->wiring = RNN_WIRING_1_TO_N;
    m->input = RNN_INPUT_DENSE;
    m->input_size = TUNES;
    m->output_size = PITCHES;
    m->feed = how == 0   ? RNN_FEED_FIRST
              : how == 1 ? RNN_FEED_EACH
                         : RNN_FEED_STATE;
    m->context_size = how == 2 ? m->hidden_size : 0;
}

/* All four, a little mixed, so that x has a meaning between them, too. */
static void tune_batch(live *l)
{
    enum { B = 16 };
    int b, t, i;

    set_steps(l, NOTES, 1, B);
    for (b = 0; b < B; b++)
        for (i = 0; i < TUNES; i++) {
            const rnn_real noise = rnn_uniform(&l->data) / 4;

            l->x[b * TUNES + i] = i == b % TUNES ? 1 - noise : noise;
        }
    for (t = 0; t < NOTES; t++)
        for (b = 0; b < B; b++)
            l->targets[t * B + b] = tunes[b % TUNES][t] - '0';
}

/* ---- N vs M: letters from their end ------------------------------------- */

/* Symbols are 1 ... SYMBOLS; END begins what a decoder reads and ends what it
 * writes. */
enum { END, SYMBOLS = 8, SHORTEST = 2, LEARNT = 12 };
static const char *const symbols[SYMBOLS + 1] = {".", "a", "b", "c", "d",
                                                 "e", "f", "g", "h"};

/* c = h_N is s_0, or what every step reads, in both networks; one has attention
 * besides. */
static void reverse_model(rnn_model *m, int attention, int how)
{
    m->wiring = RNN_WIRING_N_TO_M;
    m->input = m->target = RNN_INPUT_ONE_HOT;
    m->input_size = m->target_size = m->output_size = SYMBOLS + 1;
    m->feed = how == 0 ? RNN_FEED_STATE : RNN_FEED_EACH;
    if (attention) {
        m->attention = RNN_SCORE_ADDITIVE;
        m->attention_size = m->hidden_size;
    }
}

/* B sequences of n letters, and what is to be said of them. */
static void put_reversed(live *l, int n, int B, rnn_rng *rng)
{
    int b, t, id;

    set_steps(l, n + 1, n, B);
    for (b = 0; b < B; b++) {
        l->ids[b] = END;
        l->targets[n * B + b] = END;
        for (t = 0; t < n; t++) {
            id = 1 + below(rng, SYMBOLS);
            l->source_ids[t * B + b] = id;
            l->targets[(n - 1 - t) * B + b] = id;
            l->ids[(n - t) * B + b] = id;
        }
    }
}

static void reverse_batch(live *l)
{
    const int n = SHORTEST + below(&l->data, LEARNT - SHORTEST + 1);

    put_reversed(l, n, 16, &l->data);
}

/* ---- N vs M: Chinese to English ----------------------------------------- */

/* 中 and 国 are each in many words, so that a word needs both. */
static const char *const zh_words[] = {
    "。", "我", "你", "他", "她", "们", "爱", "恨", "懂", "谈", "夸", "忘",
    "学", "想", "喜", "欢", "不", "中", "法", "英", "德", "俄", "韩", "泰",
    "国", "文", "菜"};
enum { LANDS = 7, ZH_ME = 1, ZH_PEOPLE = 5, ZH_VERB, ZH_LIKE = 14, ZH_LIKE_TOO,
       ZH_NOT, ZH_LAND, ZH_COUNTRY = ZH_LAND + LANDS, ZH_LANGUAGE, ZH_FOOD,
       ZH_WORDS };
/* Of a verb the word of I, you, we and they, then that of he and she; of a land
 * its name, then that of its language. */
static const char *const en_words[] = {
    ".", "I", "you", "he", "she", "we", "they", "me", "him", "her", "us",
    "them", "do", "does", "not", "food",
    "love", "loves", "hate", "hates", "understand", "understands", "discuss",
    "discusses", "praise", "praises", "forget", "forgets", "study", "studies",
    "miss", "misses", "like", "likes",
    "China", "Chinese", "France", "French", "England", "English", "Germany",
    "German", "Russia", "Russian", "Korea", "Korean", "Thailand", "Thai"};
enum { EN_I = 1, EN_YOU, EN_HE, EN_SHE, EN_WE, EN_THEY, EN_ME, EN_HIM, EN_HER,
       EN_US, EN_THEM, EN_DO, EN_DOES, EN_NOT, EN_FOOD, EN_VERB, EN_VERBS = 9,
       EN_LAND = EN_VERB + 2 * EN_VERBS, EN_WORDS = EN_LAND + 2 * LANDS };

/* of each: the character, whether 们 follows, the word before and after a verb
 */
static const int persons[7][4] = {
    {ZH_ME, 0, EN_I, EN_ME}, {ZH_ME + 1, 0, EN_YOU, EN_YOU},
    {ZH_ME + 2, 0, EN_HE, EN_HIM}, {ZH_ME + 3, 0, EN_SHE, EN_HER},
    {ZH_ME, 1, EN_WE, EN_US}, {ZH_ME + 1, 1, EN_YOU, EN_YOU},
    {ZH_ME + 2, 1, EN_THEY, EN_THEM}};

typedef struct pair {
    opinion zh, en;
} pair;

static void say_both(pair *p, int zh, int en)
{
    say(&p->zh, zh);
    say(&p->en, en);
}

static void say_person(pair *p, const int *person, int after)
{
    say_both(p, person[0], person[after ? 3 : 2]);
    if (person[1])
        say(&p->zh, ZH_PEOPLE);
}

/* 我爱中国, 我不爱中国, 他们爱她. */
static void say_pair(pair *p, rnn_rng *rng)
{
    const int deny = below(rng, 3) == 0, verb = below(rng, EN_VERBS);
    const int *who = persons[below(rng, 7)], *whom = persons[below(rng, 7)];
    const int third = who[2] == EN_HE || who[2] == EN_SHE;
    const int land = below(rng, LANDS), kind = below(rng, 3);

    p->zh.n = p->en.n = 0;
    say_person(p, who, 0);
    if (deny) {
        say_both(p, ZH_NOT, third ? EN_DOES : EN_DO);
        say(&p->en, EN_NOT);
    }
    say_both(p, ZH_VERB + verb, EN_VERB + 2 * verb + (third && !deny));
    if (ZH_VERB + verb == ZH_LIKE)
        say(&p->zh, ZH_LIKE_TOO);
    if (below(rng, 4) == 0 && whom != who) {
        say_person(p, whom, 1);
    } else {
        say_both(p, ZH_LAND + land, EN_LAND + 2 * land + (kind > 0));
        say(&p->zh, ZH_COUNTRY + kind);
        if (ZH_COUNTRY + kind == ZH_FOOD)
            say(&p->en, EN_FOOD);
    }
    say(&p->en, END);
}

static const int china[4] = {ZH_ME, ZH_VERB, ZH_LAND, ZH_COUNTRY};

/* 我爱中国 itself is never learnt. */
static int is_china(const opinion *o)
{
    int i;

    for (i = 0; i < 4; i++)
        if (o->n != 4 || o->words[i] != china[i])
            return 0;
    return 1;
}

/* China needs 中 and 国, but not every network looks at both. A state h_4 that
 * knows what stood before 国 says it alone, and a_34 is 1 then; so what states
 * tell one another has a price: the encoder's W loses a share at every update,
 * and keeps only what nothing else could say. And what is seen in all cases but
 * one need not be looked at in that one; so there are seven lands, and three
 * characters that may follow. Cells with gates carry h along all the same. */
static void translate_model(rnn_model *m)
{
    m->wiring = RNN_WIRING_N_TO_M;
    m->input = m->target = RNN_INPUT_EMBEDDING;
    m->input_size = ZH_WORDS;
    m->target_size = m->output_size = EN_WORDS;
    m->embedding_size = m->target_embedding_size = 16;
    m->attention = RNN_SCORE_ADDITIVE;
    m->attention_size = m->hidden_size;
    m->head_context = 1;
}

static void put_words(int *to, int b, int B, const opinion *o, int steps)
{
    int t;

    for (t = 0; t < steps; t++)
        to[t * B + b] = t < o->n ? o->words[t] : END;
}

static void translate_batch(live *l)
{
    enum { B = 24 };
    int b, t, S = 0, T = 0;
    pair p[B];

    for (b = 0; b < B; b++) {
        do
            say_pair(&p[b], &l->data);
        while (is_china(&p[b].zh));
        l->source_lengths[b] = p[b].zh.n;
        l->lengths[b] = p[b].en.n;
        S = p[b].zh.n > S ? p[b].zh.n : S;
        T = p[b].en.n > T ? p[b].en.n : T;
    }
    set_steps(l, T, S, B);
    l->seq.lengths = l->lengths;
    l->source.lengths = l->source_lengths;
    for (b = 0; b < B; b++) {
        put_words(l->source_ids, b, B, &p[b].zh, S);
        put_words(l->targets, b, B, &p[b].en, T);
        l->ids[b] = END;
        for (t = 1; t < T; t++)
            l->ids[t * B + b] = l->targets[(t - 1) * B + b];
    }
}

#endif
