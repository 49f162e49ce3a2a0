/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "data/sink.h"
#include "terminal/report.h"
#include "terminal/signals.h"

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
  /* Every folder of it fits where all of it does. */
  char *file = malloc(strlen(path != NULL ? path : "") + sizeof "./gnuplot");
  bool found = false;
  if (file == NULL) return complain_of_memory("a file name");
  for (const char *at = path != NULL ? path : ""; *at != '\0' && !found;) {
    const size_t length = strcspn(at, ":");
    sprintf(file, "%.*s/gnuplot", length > 0 ? (int)length : 1, length > 0 ? at : ".");
    found = access(file, X_OK) == 0;
    at += length + (at[length] == ':');
  }
  free(file);
  return found ? EXIT_DONE : missing();
}

void gnuplot_text(char *to, size_t size, const char *text) {
  size_t i = 0;
  for (; text[i] != '\0' && i + 1 < size; i++) {
    const unsigned char c = (unsigned char)text[i];
    to[i] = c < ' ' || c >= 0x7f || strchr("\"'\\`@$#{}", c) != NULL ? '?' : text[i];
  }
  to[i] = '\0';
  for (size_t dots = 1; text[i] != '\0' && dots <= 3 && dots < size; dots++) to[size - 1 - dots] = '.';
}

static void terminal_of(const char *target, const struct picture_size *size, char text[TERMINAL_TEXT]) {
  const int format = format_of(target);
  if (strcmp(target, "-") == 0) text[0] = '\0'; /* each page has its own */
  else if (format == PDF)
    snprintf(text, TERMINAL_TEXT, formats[PDF].terminal, (double)size->width / 96.0, (double)size->height / 96.0);
  else snprintf(text, TERMINAL_TEXT, formats[format].terminal, size->width, size->height);
}

/* gnuplot's first line of complaint that says something. */
static void complain_of_gnuplot(FILE *errors) {
  char *line = NULL;
  size_t size = 0;
  bool said = false;
  rewind(errors);
  while (!said && getline(&line, &size, errors) >= 0) {
    line[strcspn(line, "\n")] = '\0';
    const char *at = line + strspn(line, " \t^");
    said = *at != '\0';
    if (said) complain("gnuplot: %s", at);
  }
  free(line);
  if (!said) complain("gnuplot failed without a message");
}

/* How often what gnuplot does is interrupted to look for a signal that is held back. */
enum { PAUSE_MS = 5 };

/* A signal that is held back ends gnuplot, and what waits for it then. */
static void heed_signals(pid_t child) {
  if (signals_pending(NULL)) kill(child, SIGTERM);
}

/* Takes what gnuplot draws, for it says nothing of writes that fail, and a picture would be cut short. An errno. */
static int take_picture(pid_t child, int from, FILE *picture) {
  char block[1 << 14];
  for (;;) {
    struct pollfd wanted = {.fd = from, .events = POLLIN};
    heed_signals(child);
    if (poll(&wanted, 1, PAUSE_MS) <= 0) {
      if (signals_pending(NULL)) return 0;
      continue;
    }
    const ssize_t got = read(from, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    if (fwrite(block, 1, (size_t)got, picture) != (size_t)got) return ENOMEM;
  }
}

/* Waits for gnuplot's end: did it succeed? One whose end is not told did not. Signals do not interrupt waitpid(), whose
 * calls are started again. */
static bool succeeds(pid_t child) {
  static const struct timespec pause = {0, PAUSE_MS * 1000000};
  int status = 0;
  pid_t ended;
  while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
    heed_signals(child);
    nanosleep(&pause, NULL);
  }
  return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A file without a name, which gnuplot has under no other number than those it is given it by; NULL: an errno. */
static FILE *unnamed_file(void) {
  FILE *file = tmpfile();
  if (file != NULL) fcntl(fileno(file), F_SETFD, FD_CLOEXEC);
  return file;
}

/* The texts, one after the other, in a file without a name, to be read from its beginning; NULL: it cannot be made. */
static FILE *script_of(const char *const texts[]) {
  FILE *script = unnamed_file();
  bool written = script != NULL;
  for (; written && *texts != NULL; texts++) written = fputs(*texts, script) >= 0;
  if (written && fflush(script) == 0 && lseek(fileno(script), 0, SEEK_SET) == 0) return script;
  complain("gnuplot: its script cannot be written: %s", strerror(errno));
  if (script != NULL) fclose(script);
  return NULL;
}

/* Runs gnuplot on a script, and takes the picture that it draws. */
static int run_gnuplot(FILE *script, FILE *errors, FILE *picture) {
  static char name[] = "gnuplot", quiet[] = "-";
  char *const arguments[] = {name, quiet, NULL};
  int ends[2];
  pid_t child;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    complain("gnuplot: %s", strerror(errno));
    return EXIT_FAILED;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO);
  const int failed = posix_spawnp(&child, name, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  const int number = failed == 0 ? take_picture(child, ends[0], picture) : 0;
  close(ends[0]);
  if (failed != 0) return missing();
  const bool done = succeeds(child);
  if (number != 0) {
    complain("gnuplot: its picture cannot be read: %s", strerror(number));
    return EXIT_FAILED;
  }
  if (done) return EXIT_DONE;
  if (!signals_pending(NULL)) complain_of_gnuplot(errors);
  return EXIT_FAILED;
}

/* A picture, as gnuplot made it. */
struct drawing {
  char *bytes; /* to be freed */
  size_t size;
};

static int draw(struct drawing *drawing, const char *const texts[]) {
  FILE *picture = open_memstream(&drawing->bytes, &drawing->size);
  if (picture == NULL) return complain_of_memory("the picture");
  FILE *script = script_of(texts), *errors = script != NULL ? unnamed_file() : NULL;
  int status = EXIT_FAILED;
  if (errors != NULL) status = run_gnuplot(script, errors, picture);
  else if (script != NULL) complain("gnuplot: %s", strerror(errno));
  if (script != NULL) fclose(script);
  if (errors != NULL) fclose(errors);
  if (fclose(picture) != 0 && status == EXIT_DONE) status = complain_of_memory("the picture");
  return status;
}

/* What the script calls its data: a block within it, or the file that is kept. */
static const char in_script[] = "DATA = '$data'\n";

void gnuplot_page(FILE *script, unsigned columns, unsigned lines) {
  fprintf(script, "set terminal dumb noenhanced size %u,%u\n", columns, lines);
}

/* Pages begin with a form feed and a line of blanks, and every line ends in blanks; a picture has none of these. */
static int draw_characters(const char *const texts[]) {
  struct drawing drawing = {0};
  const int status = draw(&drawing, texts);
  for (const char *at = drawing.bytes; status == EXIT_DONE && *at != '\0';) {
    const char *end = at + strcspn(at, "\n"), *last = end;
    const char *first = at + (*at == '\f');
    while (last > first && last[-1] == ' ') last--;
    out("%.*s\n", (int)(last - first), first);
    at = end + (*end == '\n');
  }
  free(drawing.bytes);
  return status;
}

/* The place is taken before the picture is drawn, which may last. */
static int draw_file(const char *path, bool force, const char *const texts[]) {
  struct sink sink;
  struct drawing drawing = {0};
  int status = sink_open_bytes(&sink, path, force);
  if (status == EXIT_DONE) status = draw(&drawing, texts);
  if (status == EXIT_DONE && drawing.size == 0) {
    complain("%s: gnuplot drew nothing", path);
    status = EXIT_FAILED;
  }
  if (status == EXIT_DONE) status = sink_rows(&sink, drawing.bytes, drawing.size, 1);
  if (status == EXIT_DONE) status = sink_commit(&sink);
  sink_free(&sink);
  free(drawing.bytes);
  return status;
}

static int write_file(const char *path, bool force, const char *text) {
  struct sink sink;
  int status = sink_open_bytes(&sink, path, force);
  if (status == EXIT_DONE) status = sink_rows(&sink, text, strlen(text), 1);
  if (status == EXIT_DONE) status = sink_commit(&sink);
  sink_free(&sink);
  return status;
}

/* A file's name within double quotes of a script, every character that is not plain as an octal escape, with so many
 * backslashes; to be freed. NULL: no memory. */
static char *escaped_name(const char *name, const char *backslashes) {
  char *text = malloc(strlen(name) * (strlen(backslashes) + 3) + 1), *to = text;
  if (text == NULL) return NULL;
  for (; *name != '\0'; name++) {
    const unsigned char c = (unsigned char)*name;
    const bool plain =
      (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("._-+ ", c) != NULL;
    to += plain ? sprintf(to, "%c", c) : sprintf(to, "%s%03o", backslashes, (unsigned)c);
  }
  *to = '\0';
  return text;
}

/* Writes PATH.gp and PATH.dat; the script draws the picture again when run in their folder. */
static int keep_files(const char *script, const char *data, const struct picture_target *target, const char *terminal) {
  const char *slash = strrchr(target->path, '/'), *base = slash != NULL ? slash + 1 : target->path;
  /* DATA stands for a name in quotes of its own. Without the folder, "|..." and "<..." would be commands. */
  char *gp = NULL, *dat = NULL, *text = NULL, *name = escaped_name(base, "\\"), *inner = escaped_name(base, "\\\\");
  int status = EXIT_DONE;
  if (asprintf(&gp, "%s.gp", target->path) < 0) gp = NULL;
  if (asprintf(&dat, "%s.dat", target->path) < 0) dat = NULL;
  if (name != NULL && inner != NULL &&
      asprintf(&text, "%sset output \"./%s\"\nDATA = \"\\\"./%s.dat\\\"\"\n%s", terminal, name, inner, script) < 0)
    text = NULL;
  if (gp == NULL || dat == NULL || text == NULL) status = complain_of_memory("a script");
  if (status == EXIT_DONE) status = write_file(dat, target->force, data);
  if (status == EXIT_DONE) status = write_file(gp, target->force, text);
  free(inner);
  free(name);
  free(text);
  free(dat);
  free(gp);
  return status;
}

int gnuplot_draw(const char *script, const char *data, const struct picture_target *target,
                 const struct picture_size *size) {
  char terminal[TERMINAL_TEXT];
  terminal_of(target->path, size, terminal);
  const char *const texts[] = {terminal, in_script, "$data << END_OF_DATA\n", data, "END_OF_DATA\n", script, NULL};
  if (strcmp(target->path, "-") == 0) return draw_characters(texts);
  const int status = draw_file(target->path, target->force, texts);
  return status == EXIT_DONE && target->keep ? keep_files(script, data, target, terminal) : status;
}
