/* SPDX-License-Identifier: BSD-3-Clause */
#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "report.h"
#include "signals.h"

extern char **environ;

static const struct {
  const char *suffix, *terminal; /* of width and height in pixels */
} formats[] = {
  {".svg", "set terminal svg noenhanced size %u,%u font 'sans-serif,12' background '#ffffff'\n"},
  {".png", "set terminal pngcairo noenhanced size %u,%u font 'sans,10'\n"},
  {".pdf", "set terminal pdfcairo noenhanced size %.2f,%.2f font 'sans,10'\n"},
};
enum { FORMATS = sizeof formats / sizeof formats[0], PDF = 2, TERMINAL_TEXT = 160 };

/* The place of the target's suffix among the formats; -1: it has none of them. */
static int format_of(const char *target) {
  const char *slash = strrchr(target, '/'), *dot = strrchr(slash != NULL ? slash : target, '.');
  for (int i = 0; dot != NULL && i < FORMATS; i++)
    if (strcmp(dot, formats[i].suffix) == 0) return i;
  return -1;
}

bool gnuplot_format(const char *target) { return strcmp(target, "-") == 0 || format_of(target) >= 0; }

static int missing(void) {
  complain("--plot: gnuplot is not installed; Debian has it as gnuplot-nox");
  return EXIT_FAILED;
}

int gnuplot_check(void) {
  const char *path = getenv("PATH");
  char file[4096];
  for (const char *at = path != NULL ? path : ""; *at != '\0';) {
    const size_t length = strcspn(at, ":");
    snprintf(file, sizeof file, "%.*s/gnuplot", (int)(length < 4000 ? length : 4000), length > 0 ? at : ".");
    if (access(file, X_OK) == 0) return EXIT_DONE;
    at += length + (at[length] == ':');
  }
  return missing();
}

void gnuplot_text(char *to, size_t size, const char *text) {
  size_t i = 0;
  for (; text[i] != '\0' && i + 1 < size; i++) {
    const unsigned char c = (unsigned char)text[i];
    to[i] = c < ' ' || c >= 0x7f || strchr("\"'\\`@$#{}", c) != NULL ? '?' : text[i];
  }
  to[i] = '\0';
}

static void terminal_of(const char *target, const struct picture_size *size, char text[TERMINAL_TEXT]) {
  const int format = format_of(target);
  if (strcmp(target, "-") == 0)
    snprintf(text, TERMINAL_TEXT, "set terminal dumb noenhanced size %u,%u\n", size->columns, size->lines);
  else if (format == PDF)
    snprintf(text, TERMINAL_TEXT, formats[PDF].terminal, (double)size->width / 96.0, (double)size->height / 96.0);
  else snprintf(text, TERMINAL_TEXT, formats[format].terminal, size->width, size->height);
}

static bool write_all(int fd, const char *text) {
  for (size_t left = strlen(text); left > 0;) {
    const ssize_t written = write(fd, text, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text += written;
    left -= (size_t)written;
  }
  return true;
}

/* gnuplot's first line of complaint that says something. */
static void complain_of_gnuplot(FILE *errors) {
  char line[256] = "";
  rewind(errors);
  while (fgets(line, sizeof line, errors) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    const char *at = line + strspn(line, " \t^");
    if (*at == '\0') continue;
    complain("gnuplot: %s", at);
    return;
  }
  complain("gnuplot failed, and said nothing");
}

/* How often what gnuplot does is interrupted to look for a signal that is held back. */
enum { PAUSE_MS = 5 };

/* A signal that is held back ends gnuplot, and what waits for it then. */
static void heed_signals(pid_t child) {
  if (signals_pending(NULL)) kill(child, SIGTERM);
}

/* Writes to gnuplot's end of a pipe, which may be full for as long as gnuplot likes. */
static bool feed(pid_t child, int fd, const char *text) {
  for (size_t left = strlen(text); left > 0;) {
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    heed_signals(child);
    if (poll(&wanted, 1, PAUSE_MS) <= 0) continue;
    const ssize_t written = write(fd, text, left);
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) return false;
    text += written;
    left -= (size_t)written;
  }
  return true;
}

/* Waits for gnuplot's end. Signals do not interrupt waitpid(), whose calls are started again. */
static int status_of(pid_t child) {
  static const struct timespec pause = {0, PAUSE_MS * 1000000};
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    heed_signals(child);
    nanosleep(&pause, NULL);
  }
  return status;
}

/* Runs gnuplot on the texts, one behind the other; the picture goes to `out_fd`. */
static int run(const char *const texts[], int out_fd) {
  static char name[] = "gnuplot", quiet[] = "-";
  char *const arguments[] = {name, quiet, NULL};
  int ends[2], status = 0;
  pid_t child;
  FILE *errors = tmpfile();
  if (errors == NULL || pipe2(ends, O_CLOEXEC) != 0) {
    complain("gnuplot: %s", strerror(errno));
    if (errors != NULL) fclose(errors);
    return EXIT_FAILED;
  }
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO);
  const int failed = posix_spawnp(&child, name, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  bool written = failed == 0;
  for (; written && *texts != NULL; texts++) written = feed(child, ends[1], *texts);
  close(ends[1]);
  if (failed == 0) status = status_of(child);
  int result = EXIT_DONE;
  if (failed != 0) result = missing();
  else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !written) {
    if (!signals_pending(NULL)) complain_of_gnuplot(errors);
    result = EXIT_FAILED;
  }
  fclose(errors);
  return result;
}

/* What the script calls its data: a block within it, or the file that is kept. */
static const char in_script[] = "DATA = '$data'\n";

static int draw_characters(const char *const texts[]) {
  FILE *picture = tmpfile();
  char line[1024];
  if (picture == NULL) {
    complain("--plot: %s", strerror(errno));
    return EXIT_FAILED;
  }
  const int status = run(texts, fileno(picture));
  rewind(picture);
  while (status == EXIT_DONE && fgets(line, sizeof line, picture) != NULL) out("%s", line);
  fclose(picture);
  return status;
}

static int complain_of_file(const char *path) {
  complain("%s: %s", path, strerror(errno));
  return EXIT_FAILED;
}

/* Beside the target, so that it can be renamed to it; to be freed. */
static char *temporary(const char *target) {
  const char *slash = strrchr(target, '/');
  const int folder = slash != NULL ? (int)(slash + 1 - target) : 0;
  char *name;
  return asprintf(&name, "%.*s.%s.XXXXXX", folder, target, target + folder) < 0 ? NULL : name;
}

/* Fills a new file and puts it in the place of path: by gnuplot where texts are its script, else with the texts. */
static int place_file(const char *path, const char *const texts[], bool script) {
  /* A link stays one: what it leads to is replaced. */
  char *real = realpath(path, NULL), *name = temporary(real != NULL ? real : path);
  if (name == NULL) {
    free(real);
    return complain_of_memory("a file name");
  }
  if (real != NULL) path = real;
  signals_hold();
  int status = EXIT_DONE;
  const int fd = mkostemp(name, O_CLOEXEC);
  if (fd < 0) status = complain_of_file(path);
  else {
    const mode_t mask = umask(0);
    umask(mask);
    if (script) status = run(texts, fd);
    for (; !script && status == EXIT_DONE && *texts != NULL; texts++)
      if (!write_all(fd, *texts)) status = complain_of_file(path);
    struct stat made;
    if (status == EXIT_DONE && (fstat(fd, &made) != 0 || fchmod(fd, 0666 & ~mask) != 0 || fsync(fd) != 0))
      status = complain_of_file(path);
    if (status == EXIT_DONE && made.st_size == 0) {
      complain("%s: gnuplot drew nothing", path);
      status = EXIT_FAILED;
    }
    if (close(fd) != 0 && status == EXIT_DONE) status = complain_of_file(path);
    if (status == EXIT_DONE && signals_pending(NULL)) status = EXIT_FAILED;
    if (status == EXIT_DONE && rename(name, path) != 0) status = complain_of_file(path);
    if (status != EXIT_DONE) unlink(name);
  }
  signals_release();
  free(name);
  free(real);
  return status;
}

/* Writes target.gp and target.dat; the script draws the target again when run in their folder. */
static int keep_files(const char *script, const char *data, const char *target, const char *terminal) {
  const char *slash = strrchr(target, '/'), *base = slash != NULL ? slash + 1 : target;
  char *gp, *dat, *head, name[256];
  gnuplot_text(name, sizeof name, base);
  if (asprintf(&gp, "%s.gp", target) < 0) return complain_of_memory("a file name");
  if (asprintf(&dat, "%s.dat", target) < 0) {
    free(gp);
    return complain_of_memory("a file name");
  }
  int status = EXIT_FAILED;
  if (asprintf(&head, "%sset output \"%s\"\nDATA = \"\\\"%s.dat\\\"\"\n", terminal, name, name) < 0)
    complain_of_memory("a script");
  else {
    status = place_file(dat, (const char *const[]){data, NULL}, false);
    if (status == EXIT_DONE) status = place_file(gp, (const char *const[]){head, script, NULL}, false);
    free(head);
  }
  free(dat);
  free(gp);
  return status;
}

int gnuplot_draw(const char *script, const char *data, const char *target, const struct picture_size *size, bool keep) {
  char terminal[TERMINAL_TEXT];
  terminal_of(target, size, terminal);
  const char *const texts[] = {terminal, in_script, "$data << END_OF_DATA\n", data, "END_OF_DATA\n", script, NULL};
  if (strcmp(target, "-") == 0) return draw_characters(texts);
  const int status = place_file(target, texts, true);
  return status == EXIT_DONE && keep ? keep_files(script, data, target, terminal) : status;
}
