/* Files on a disk: one that is written is there whole or not at all, in place
 * of a plain file or of nothing; what is no plain file stays as it is, and
 * nobody's name is followed. Two writers at once leave one whole file. POSIX,
 * with the library's functions here, so that they see links; elsewhere there is
 * nothing to test.
 *
 *     test_disk [SEED]
 */
#if defined(__unix__) || defined(__APPLE__)
#undef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#define RNN_STATIC
#ifndef RNN_NO_SIMD
#define RNN_NO_SIMD
#endif
#define RNN_IMPLEMENTATION
#include "../rnn.h"
#include "test.h"

#if defined(_POSIX_C_SOURCE)
#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/test_disk_XXXXXX";

/* A path in the folder; a few at a time. */
static const char *in_folder(const char *name)
{
    static char paths[4][100];
    static int next;

    next = (next + 1) % 4;
    sprintf(paths[next], "%s/%s", folder, name);
    return paths[next];
}

/* Makes a file, without the library. */
static void make_file(const char *name, const char *text, unsigned mode)
{
    FILE *f = fopen(in_folder(name), "wb");

    MUST(f && fputs(text, f) >= 0, "cannot write %s", name);
    if (f)
        (void)fclose(f);
    MUST(!chmod(in_folder(name), (mode_t)mode), "chmod");
}

/* Whether a file holds this text and no more. */
static int holds(const char *name, const char *text)
{
    char got[64];
    FILE *f = fopen(in_folder(name), "rb");
    const size_t n = f ? fread(got, 1, sizeof got, f) : 0;

    if (f)
        (void)fclose(f);
    return f && n == strlen(text) && memcmp(got, text, n) == 0;
}

/* What stands at a name, links not followed: its type and mode; 0: nothing. */
static unsigned what(const char *name)
{
    struct stat s;

    return lstat(in_folder(name), &s) == 0 ? (unsigned)s.st_mode : 0;
}

/* How many names the folder has. */
static int names(void)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    int n = 0;

    MUST(d != NULL, "no folder");
    while (d && (e = readdir(d)) != NULL)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (d)
        (void)closedir(d);
    return n;
}

/* Everything in the folder is taken away. */
static void clear(void)
{
    struct dirent *e;
    DIR *d = opendir(folder);

    while (d && (e = readdir(d)) != NULL) {
        char path[400];
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        sprintf(path, "%s/%.300s", folder, e->d_name);
        (void)chmod(path, 0700);
        if (unlink(path) != 0 && rmdir(path) != 0)
            CHECK(0, "%s stays", path);
    }
    if (d)
        (void)closedir(d);
}

static rnn_status put(const char *name, const char *text)
{
    return rnn_write_file(in_folder(name), text, strlen(text), NULL);
}

/* ---- one writer ---------------------------------------------------------- */

/* A new file, and one that replaces another with its mode, even if nobody may
 * write that one. */
static void check_replaced(void)
{
    static const unsigned modes[] = {0644, 0600, 0666, 0444, 0400, 0755};
    size_t i;

    CHECK(!put("new", "one") && holds("new", "one") && S_ISREG(what("new")),
          "a new file");
    CHECK(!put("new", "") && holds("new", ""), "an empty one");
    for (i = 0; i < sizeof modes / sizeof *modes; i++) {
        make_file("old", "the old one, which is longer", modes[i]);
        CHECK(!put("old", "new") && holds("old", "new") &&
                  (what("old") & 07777) == modes[i],
              "mode %o became %o", modes[i], what("old") & 07777);
        (void)unlink(in_folder("old"));
    }
    CHECK(names() == 1, "%d names", names());
    clear();
}

/* A directory, empty or not, a fifo, a device: refused, and as they were. */
static void check_no_file(void)
{
    MUST(!mkdir(in_folder("empty"), 0755) && !mkfifo(in_folder("fifo"), 0644) &&
             !mkdir(in_folder("full"), 0755),
         "directories");
    make_file("full/inside", "x", 0644);
    CHECK(put("empty", "x") == RNN_E_UNSUPPORTED && S_ISDIR(what("empty")),
          "an empty directory");
    CHECK(put("full", "x") == RNN_E_UNSUPPORTED && holds("full/inside", "x"),
          "a directory");
    CHECK(put("empty/", "x") == RNN_E_UNSUPPORTED && S_ISDIR(what("empty")),
          "with a slash behind");
    CHECK(put("fifo", "x") == RNN_E_UNSUPPORTED && S_ISFIFO(what("fifo")),
          "a fifo");
    CHECK(put("nowhere/file", "x") == RNN_E_UNSUPPORTED && !what("nowhere"),
          "in no directory");
    CHECK(rnn_write_file("", "x", 1, NULL) == RNN_E_UNSUPPORTED &&
              access(".tmp", F_OK) != 0,
          "no name");
    CHECK(names() == 3, "%d names", names());
    MUST(!unlink(in_folder("full/inside")), "unlink");
    clear();
}

/* Links: to a file, to nothing, to a directory. */
static void check_links(void)
{
#if !RNN_I_LSTAT
#error "the library does not see links"
#endif
    static const char *const targets[] = {"target", "nothing", "place"};
    int i;

    make_file("target", "as it was", 0644);
    MUST(!mkdir(in_folder("place"), 0755), "mkdir");
    for (i = 0; i < 3; i++) {
        MUST(!symlink(targets[i], in_folder("link")), "symlink");
        CHECK(put("link", "x") == RNN_E_UNSUPPORTED && S_ISLNK(what("link")),
              "a link to %s", targets[i]);
        MUST(!unlink(in_folder("link")), "unlink");
    }
    CHECK(holds("target", "as it was") && !what("nothing") && names() == 2,
          "what they pointed to");
    clear();
}

/* Names that somebody has planted where the new file is written. */
static void check_planted(void)
{
    make_file("victim", "precious", 0644);
    make_file("file.tmp1", "of another", 0644);
    MUST(!symlink("victim", in_folder("file.tmp")) &&
             !symlink("not_yet", in_folder("file.tmp2")) &&
             !mkdir(in_folder("file.tmp3"), 0755),
         "links");
    make_file("file", "old", 0640);
    CHECK(!put("file", "new") && holds("file", "new") &&
              (what("file") & 07777) == 0640 && S_ISREG(what("file")),
          "written beside them");
    CHECK(holds("victim", "precious") && S_ISLNK(what("file.tmp")) &&
              holds("file.tmp1", "of another") && !what("not_yet") &&
              S_ISLNK(what("file.tmp2")) && S_ISDIR(what("file.tmp3")),
          "none was followed, written or taken away");
    CHECK(names() == 6, "%d names", names());
    clear();
}

/* A path of any length: written, or refused and nothing left. */
static void check_long_paths(void)
{
    char path[1200];
    size_t n;

    for (n = 200; n < sizeof path - 1; n += 7) {
        const int before = names();
        rnn_status st;
        sprintf(path, "%s/", folder);
        while (strlen(path) < n)
            strcat(path, "./");
        strcat(path, "x");
        st = rnn_write_file(path, "x", 1, NULL);
        CHECK(st == RNN_OK || st == RNN_E_UNSUPPORTED || st == RNN_E_SIZE, "%d",
              (int)st);
        CHECK(names() == (before || !st), "names are left");
        CHECK(st != RNN_OK || holds("x", "x"), "a path of %lu",
              (unsigned long)n);
    }
    clear();
}

/* ---- reading ------------------------------------------------------------- */

/* Buffers of every length: the whole file, or nothing. */
static void check_read(void)
{
    enum { N = 1500, ROOM = N + 3 };
    unsigned char file[N], room[ROOM];
    size_t cap, len, i, bad = 0;

    for (i = 0; i < N; i++)
        file[i] = (unsigned char)(test_next() | 1);
    MUST(!rnn_write_file(in_folder("file"), file, N, NULL), "write");
    for (cap = 0; cap <= ROOM; cap++) {
        rnn_status st;
        memset(room, 0, sizeof room);
        len = 0;
        st = rnn_read_file(in_folder("file"), room, cap, &len, NULL);
        bad += len != N || st != (cap < N ? RNN_E_BUFFER : RNN_OK);
        bad += cap >= N && memcmp(room, file, N) != 0;
        for (i = cap < N ? 0 : N; i < ROOM; i++)
            bad += room[i] != 0;
    }
    CHECK(!bad, "%lu lengths", (unsigned long)bad);
    len = 7;
    CHECK(!rnn_read_file(in_folder("file"), NULL, 0, &len, NULL) && len == N,
          "size");
    MUST(!mkdir(in_folder("place"), 0755), "mkdir");
    len = 7;
    CHECK(rnn_read_file(folder, room, ROOM, &len, NULL) == RNN_E_UNSUPPORTED &&
              rnn_read_file(in_folder("none"), room, ROOM, &len, NULL) ==
                  RNN_E_UNSUPPORTED &&
              len == 7,
          "a directory, and nothing");
    MUST(!symlink("file", in_folder("link")), "symlink");
    CHECK(!rnn_read_file(in_folder("link"), room, ROOM, &len, NULL) && len == N,
          "a link is read");
    clear();
}

/* ---- two writers --------------------------------------------------------- */

enum { LONG = 300000, ROUNDS = 60 };

/* One of them: how many of its calls failed. */
static int write_often(int letter, size_t n)
{
    char *text = (char *)test_memory(LONG);
    int i, bad = 0;

    memset(text, letter, LONG);
    for (i = 0; i < ROUNDS; i++)
        bad += rnn_write_file(in_folder("two"), text, n, NULL) != RNN_OK;
    test_free();
    return bad;
}

/* Whether the file is whole: of one writer, and as long as its files are. */
static int whole(char *room)
{
    size_t n = 0, i;

    if (rnn_read_file(in_folder("two"), room, LONG, &n, NULL))
        return 0;
    for (i = 1; i < n && room[i] == room[0];)
        i++;
    return i == n && n == (size_t)(room[0] == 'o' ? LONG : LONG / 2);
}

/* Two processes write to one name while a third reads it. */
static void check_two_writers(void)
{
    char *room = (char *)test_memory(LONG);
    int status = 0, running = 2, reads = 0, torn = 0, i;
    pid_t child[2];

    memset(room, 'o', LONG);
    MUST(!rnn_write_file(in_folder("two"), room, LONG, NULL), "write");
    fflush(stdout);
    for (i = 0; i < 2; i++) {
        child[i] = fork();
        MUST(child[i] >= 0, "fork");
        if (child[i] == 0)
            _exit(write_often(i ? 'x' : 'o', i ? LONG / 2 : LONG) != 0);
    }
    while (running) {
        torn += !whole(room);
        reads++;
        for (i = 0; i < 2; i++)
            if (child[i] > 0 && waitpid(child[i], &status, WNOHANG)) {
                CHECK(WIFEXITED(status) && !WEXITSTATUS(status),
                      "writer %d: a call failed", i);
                child[i] = 0;
                running--;
            }
    }
    CHECK(whole(room), "the last file is whole");
    CHECK(!torn, "%d of %d reads: torn, or no file", torn, reads);
    CHECK(names() == 1, "%d names: something is left", names());
    clear();
    test_free();
}

int main(int argc, char **argv)
{
    test_seed(argc, argv);
    if (!mkdtemp(folder)) {
        printf("no folder\n0 passed, 1 failed\n");
        return 1;
    }
    check_replaced();
    check_no_file();
    check_links();
    check_planted();
    check_long_paths();
    check_read();
    check_two_writers();
    CHECK(rmdir(folder) == 0, "%s is not empty", folder);
    test_unused();
    return test_end();
}
#else
int main(int argc, char **argv)
{
    test_seed(argc, argv);
    test_unused();
    return test_end();
}
#endif
