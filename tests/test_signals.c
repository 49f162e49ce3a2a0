/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals: whatever ends a process by default leaves no temporary file, shows in the exit status, and stays ignored
 * where it was ignored. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/terminal/signals.h"
#include "process.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { SANITIZED = 1 };
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

static char *folder;

static void make_folder(void) { folder = folder_make(); }
static void remove_folder(void) { folder_remove(folder); }

TestSuite(signals, .init = make_folder, .fini = remove_folder);

static bool is_fault(int number) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
    if (number == faults[i]) return true;
  return false;
}

/* Does a signal end a process that does nothing about it? Asked of the system itself. */
static bool ends_by_default(int number) {
  const pid_t child = fork();
  cr_assert_geq(child, 0);
  if (child == 0) {
    const struct rlimit no_core = {0, 0};
    sigset_t none;
    sigemptyset(&none);
    setrlimit(RLIMIT_CORE, &no_core);
    signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise(number);
    _exit(0);
  }
  int status;
  cr_assert_eq(waitpid(child, &status, WUNTRACED), child);
  if (!WIFSTOPPED(status)) return WIFSIGNALED(status);
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return false;
}

/* Signals that a user can send and the tool can take: not those the C library keeps, and not those of a sanitizer. */
static bool is_to_be_taken(int number) {
  struct sigaction action;
  if (number == SIGKILL || number == SIGSTOP || number == SIGPIPE || number == SIGXFSZ) return false;
  if (sigaction(number, NULL, &action) != 0 || (SANITIZED && is_fault(number))) return false;
  return ends_by_default(number);
}

/* Files in the folder, hidden ones too. */
static size_t count_files(void) {
  size_t count = 0;
  DIR *entries = opendir(folder);
  cr_assert_not_null(entries);
  for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(entries);
  return count;
}

static void pause_ms(long milliseconds) {
  const struct timespec pause = {0, milliseconds * 1000000};
  nanosleep(&pause, NULL);
}

/* Rows without end, a few at a time. */
static void feed_zeros(int fd) {
  static char zeros[1 << 16];
  signal(SIGPIPE, SIG_DFL);
  while (write(fd, zeros, sizeof zeros) > 0) pause_ms(1);
}

/* The tool at writing, its temporary file there. */
static struct process start_writing(const char *output) {
  const struct process_options options = {.feed = feed_zeros};
  const char *const arguments[] = {"convert",     "-i", "-",  "--shape", "100000000x784", "--dtype", "u8",
                                   "--max-bytes", "4M", "-o", output,    "--quiet",       NULL};
  struct process process = process_start(arguments, &options);
  for (int i = 0; count_files() == 0; i++) {
    cr_assert_lt(i, 6000, "no file is begun");
    pause_ms(5);
  }
  return process;
}

static void expect_end(struct process *process, int number) {
  struct process_result result = process_finish(process);
  cr_expect_eq(result.status, 128 + number, "%s: status %d: %s", strsignal(number), result.status, result.err);
  cr_expect_str_empty(result.out);
  process_free(&result);
}

Test(signals, none_leaves_a_temporary_file, .timeout = 300) {
  char *output = path_in(folder, "x.npy");
  size_t taken = 0;
  for (int number = 1; number <= SIGRTMAX; number++) {
    /* Of the many real-time signals the first and the last. */
    if (!is_to_be_taken(number) || (number > SIGRTMIN && number < SIGRTMAX)) continue;
    struct process process = start_writing(output);
    cr_assert_eq(kill(process.pid, number), 0);
    expect_end(&process, number);
    cr_expect_eq(count_files(), 0, "%s leaves a file", strsignal(number));
    taken++;
  }
  /* HUP, INT, QUIT, USR1, USR2, ALRM, TERM, STKFLT, XCPU, VTALRM, PROF, POLL, PWR, two real-time ones, seven faults. */
  cr_expect_geq(taken, SANITIZED ? 13 : 20, "%zu signals were tried", taken);
  free(output);
}

/* With nothing to clean up they end the tool there and then. */
Test(signals, each_ends_it_while_it_waits, .timeout = 300) {
  char *fifo = path_in(folder, "fifo");
  cr_assert_eq(mkfifo(fifo, 0600), 0);
  for (int number = 1; number <= SIGRTMAX; number++) {
    if (!is_to_be_taken(number)) continue;
    struct process process = process_start(ROWCAST_ARGUMENTS("matmul", "--images", fifo), NULL);
    const int fd = open(fifo, O_WRONLY); /* returns when the tool has opened it, too */
    cr_assert_geq(fd, 0);
    cr_assert_eq(kill(process.pid, number), 0);
    expect_end(&process, number);
    close(fd);
  }
  free(fifo);
}

/* As nohup leaves SIGHUP, and a batch system its warnings. */
Test(signals, ignored_ones_stay_ignored, .timeout = 120) {
  static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGXCPU, SIGALRM};
  char *output = path_in(folder, "x.npy");
  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) signal(ignored[i], SIG_IGN);
  struct process process = start_writing(output);
  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) cr_assert_eq(kill(process.pid, ignored[i]), 0);
  pause_ms(300);
  cr_expect_eq(waitpid(process.pid, NULL, WNOHANG), 0, "it ended");
  cr_assert_eq(kill(process.pid, SIGTERM), 0);
  expect_end(&process, SIGTERM); /* the first one that was not ignored */
  cr_expect_eq(count_files(), 0);
  free(output);
}

/* ---- Faults of the process's own end it as they would without handlers, so that there can be a core ---- */

static void touch_nothing(void) {
  char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *(volatile char *)page = 1;
}
static void raise_bus(void) { raise(SIGBUS); }

/* What ends a child that has the tool's handlers, with something to clean up, and does this. */
static int end_of(void (*fault)(void)) {
  const pid_t child = fork();
  cr_assert_geq(child, 0);
  if (child == 0) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    for (int number = 1; number <= SIGRTMAX; number++) signal(number, SIG_DFL);
    signals_install();
    signals_hold();
    fault();
    _exit(0);
  }
  int status;
  cr_assert_eq(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

Test(signals, own_faults_keep_their_end, .timeout = 60) {
  cr_expect_eq(end_of(abort), SIGABRT);
  cr_expect_eq(end_of(raise_bus), SIGBUS);
  if (!SANITIZED) cr_expect_eq(end_of(touch_nothing), SIGSEGV);
}

/* ---- gnuplot, which may take as long as it likes ---- */

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

Test(signals, a_picture_is_given_up, .timeout = 120) {
  static const char *const scripts[] = {
    "#!/bin/sh\necho half a picture\n: > \"$STARTED\"\nexec sleep 100\n",                       /* does not read */
    "#!/bin/sh\nwhile read -r line; do :; done\necho half\n: > \"$STARTED\"\nexec sleep 100\n", /* does not end */
  };
  static const int numbers[] = {SIGTERM, SIGUSR1};
  char *bin = folder_make(), *fake = path_in(bin, "gnuplot"), *started = path_in(bin, "started"), *path, *mark;
  char *document = path_in(bin, "document.json"), *picture = path_in(folder, "p.svg");
  write_text(document, "{\"schema_version\": 1, \"command\": \"bench\", \"label\": \"x\","
                       " \"machine\": {\"model\": \"x\"}, \"results\": [{\"kernel\": \"a\", \"dtype\": \"f32\","
                       " \"threads\": 1, \"rows\": 5, \"k\": 784, \"n\": 10,"
                       " \"median_s\": 1.0, \"low_s\": 1.0, \"high_s\": 1.0, \"gflops\": 1.0}]}");
  cr_assert_gt(asprintf(&path, "PATH=%s:/usr/bin:/bin", bin), 0);
  cr_assert_gt(asprintf(&mark, "STARTED=%s", started), 0);
  const char *const environment[] = {path, mark, NULL};
  const struct process_options options = {.environment = environment};
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
    for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++) {
      write_text(fake, scripts[i]);
      cr_assert_eq(chmod(fake, 0755), 0);
      const char *const arguments[] = {"compare", document, "--plot", picture, "--quiet", NULL};
      struct process process = process_start(arguments, &options);
      for (int wait = 0; access(started, F_OK) != 0; wait++) {
        cr_assert_lt(wait, 6000, "gnuplot is not started");
        pause_ms(5);
      }
      cr_expect_eq(count_files(), 1, "a temporary file");
      cr_assert_eq(kill(process.pid, numbers[j]), 0);
      struct process_result result = process_finish(&process);
      cr_expect_eq(result.status, 128 + numbers[j], "status %d", result.status);
      cr_expect_str_empty(result.err);
      cr_expect_eq(count_files(), 0, "a file is left");
      process_free(&result);
      unlink(started);
    }
  free(mark), free(path), free(picture), free(document), free(started), free(fake);
  folder_remove(bin);
}
