/* SPDX-License-Identifier: BSD-3-Clause */
/* A server of predictions: one immutable plan, shared by a fixed pool of threads.
 *
 *     serve SOCKET WEIGHTS BIAS [THREADS]
 *
 * WEIGHTS is a file of K x N float32, BIAS one of N. Clients connect to the Unix-domain socket SOCKET and send rows of
 * K bytes, one after another, nothing between them. Each row is answered, in order, by its class: an int32 in the byte
 * order of the machine; -1 where all outputs are NaN. A client may send more rows before it has read the answers, but
 * from one that never reads, the server stops reading too. It ends by closing, or by shutting down its sending side and
 * reading up to the end; an incomplete row is dropped. A worker serves one connection at a time; other connections wait
 * for a free worker.
 *
 * SIGINT and SIGTERM end the server: the socket is removed and the status is 0. After a harder end it stays, and must
 * be removed by hand before the next start: the server does not replace another that may be alive. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4(), pipe2() */
#endif

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rowcast/io.h>
#include <rowcast/rowcast.h>

enum {
  BATCH = 256, /* rows multiplied at once, at most: 200 kB of MNIST, which stay in a cache */
  MAX_WORKERS = 256,
  PAUSE = 100 /* milliseconds before the next try if no connection can be accepted */
};

/* What all workers share. Nothing here changes while they run, so there is nothing to lock. */
struct server {
  const rowcast_plan *plan;
  size_t k;
  int listener; /* does not block: another worker may have taken the connection */
  int stop;     /* the reading end of a pipe that nobody writes to: its hang-up tells all workers to end */
};

/* A thread with its memory: nothing is allocated once the server runs. */
struct worker {
  const struct server *server;
  pthread_t thread;
  uint8_t *rows;    /* BATCH x k */
  int32_t *classes; /* BATCH */
};

/* Waits until fd (-1: none) is ready for events; false: the server is to stop, or the time is up (-1: never). */
static bool wait_for(const struct server *server, int fd, short events, int milliseconds) {
  struct pollfd fds[2] = {{.fd = server->stop, .events = POLLIN}, {.fd = fd, .events = events}};
  int ready;
  do ready = poll(fds, 2, milliseconds);
  while (ready < 0 && errno == EINTR);
  return ready > 0 && fds[0].revents == 0;
}

static bool is_temporary(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

/* False: the client is gone, or the server is to stop. */
static bool send_all(const struct server *server, int client, const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    if (!wait_for(server, client, POLLOUT, -1)) return false;
    /* Without MSG_NOSIGNAL a client that has gone would end the process with SIGPIPE. */
    const ssize_t sent = send(client, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && !is_temporary(errno)) return false;
    if (sent <= 0) continue;
    at += sent;
    size -= (size_t)sent;
  }
  return true;
}

/* Answers one client until it closes. Rows that have arrived together are multiplied together. */
static void serve_client(const struct worker *worker, int client) {
  const struct server *server = worker->server;
  const size_t k = server->k;
  size_t held = 0; /* bytes in worker->rows; less than a row at the head of the loop */
  while (wait_for(server, client, POLLIN, -1)) {
    const ssize_t got = recv(client, worker->rows + held, BATCH * k - held, MSG_DONTWAIT);
    if (got < 0 && is_temporary(errno)) continue;
    if (got <= 0) return;
    held += (size_t)got;
    const size_t rows = held / k;
    if (rows == 0) continue;
    /* The plan is immutable: no lock is needed, whatever other workers do with it now. */
    if (rowcast_predict(server->plan, rows, worker->rows, k, worker->classes) != ROWCAST_OK) return;
    if (!send_all(server, client, worker->classes, rows * sizeof *worker->classes)) return;
    held -= rows * k;
    memmove(worker->rows, worker->rows + rows * k, held); /* the beginning of the next row */
  }
}

static void *work(void *argument) {
  const struct worker *worker = argument;
  const struct server *server = worker->server;
  while (wait_for(server, server->listener, POLLIN, -1)) {
    const int client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0) {
      serve_client(worker, client);
      close(client);
    } else if (!is_temporary(errno) && errno != ECONNABORTED) {
      /* Out of descriptors, say. The connection still waits, so poll() would return at once, again and again. */
      (void)wait_for(server, -1, 0, PAUSE);
    }
  }
  return NULL;
}

/* Says in one line what went wrong, and with what. */
static bool fail(const char *what, const char *why) {
  fprintf(stderr, "serve: %s: %s\n", what, why);
  return false;
}

/* Not of another type that was rounded to float32 while it was read. */
static bool is_float32(const rowcast_matrix *matrix) {
  return matrix->dtype == ROWCAST_F32 && strcmp(matrix->file->element, "f4") == 0;
}

/* Makes the plan. The files' elements are copied into it, so they are released here. */
static bool make_plan(rowcast_plan **plan, const char *weights_path, const char *bias_path) {
  rowcast_error error;
  rowcast_matrix weights, bias = {.data = NULL};
  bool done = false;
  if (rowcast_matrix_read(&weights, weights_path, NULL, &error) != ROWCAST_OK) return fail("weights", error.text);
  if (rowcast_matrix_read(&bias, bias_path, NULL, &error) != ROWCAST_OK) {
    fail("bias", error.text);
  } else if (!is_float32(&weights) || weights.rows == 0 || weights.cols == 0) {
    fail(weights_path, "the weights must be float32, with at least one row and one column");
  } else if (weights.cols > ROWCAST_MAX_CLASSES) {
    fail(weights_path, "more classes than rowcast_predict() takes");
  } else if (!is_float32(&bias) || bias.stride != bias.cols || bias.rows * bias.cols != weights.cols) {
    fail(bias_path, "the bias must be float32, with one number for each column of the weights");
  } else {
    rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
    options.dtype = ROWCAST_U8;
    options.scale = 1.0f / 256; /* the pixel b stands for b / 256, as in training */
    options.bias = bias.data;
    options.threads = 1; /* the workers are the threads: teams of their own would only be in each other's way */
    done = rowcast_plan_create(plan, weights.rows, weights.cols, weights.data, weights.stride, &options, &error) ==
           ROWCAST_OK;
    if (!done) fail("plan", error.text);
  }
  rowcast_matrix_free(&bias);
  rowcast_matrix_free(&weights);
  return done;
}

/* A listening socket at path, or -1. An existing path is an error: the file may be somebody else's. */
static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    fail(path, "too long for a socket's path");
    return -1;
  }
  strcpy(address.sun_path, path);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0) {
    fail(path, strerror(errno));
    if (listener >= 0) close(listener);
    return -1;
  }
  if (listen(listener, SOMAXCONN) != 0 || fcntl(listener, F_SETFL, O_NONBLOCK) != 0) {
    fail(path, strerror(errno));
    close(listener);
    unlink(path);
    return -1;
  }
  return listener;
}

/* Starts the workers, waits for a signal, ends them. */
static bool run(struct server *server, struct worker *workers, size_t count, const char *path,
                const sigset_t *signals) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail("pipe", strerror(errno));
  server->stop = ends[0];
  bool done = true;
  size_t started = 0;
  for (; done && started < count; started += done) {
    struct worker *worker = &workers[started];
    worker->server = server;
    worker->rows = calloc(BATCH, server->k);
    worker->classes = calloc(BATCH, sizeof *worker->classes);
    const int error =
      worker->rows == NULL || worker->classes == NULL ? ENOMEM : pthread_create(&worker->thread, NULL, work, worker);
    if (error != 0) done = fail("starting a worker", strerror(error));
  }
  if (done) {
    rowcast_plan_info info;
    rowcast_plan_describe(server->plan, &info, sizeof info);
    printf("serving %s: rows of %zu bytes, %zu classes, %zu workers\n", path, info.k, info.n, count);
    fflush(stdout);
    int signal_number;
    sigwait(signals, &signal_number);
  }
  close(ends[1]); /* the hang-up */
  for (size_t i = 0; i < started; i++) pthread_join(workers[i].thread, NULL);
  for (size_t i = 0; i < count; i++) {
    free(workers[i].rows);
    free(workers[i].classes);
  }
  close(ends[0]);
  return done;
}

int main(int argc, char **argv) {
  static const char usage[] = "usage: serve SOCKET WEIGHTS BIAS [THREADS]\n";
  if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) return fputs(usage, stdout) < 0;
  if (argc < 4 || argc > 5) {
    fputs(usage, stderr);
    return 2;
  }
  char *end = "";
  const unsigned long count = argc > 4 ? strtoul(argv[4], &end, 10) : 4;
  /* strtoul() takes signs, and turns -18446744073709551612 into 4. */
  const bool digits = argc <= 4 || strspn(argv[4], "0123456789") == strlen(argv[4]);
  if (!digits || *end != '\0' || count == 0 || count > MAX_WORKERS)
    return !fail(argv[4], "not a thread count from 1 to 256");

  /* Blocked before any thread is made, so that all inherit it: the signals wait for sigwait(). */
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);

  rowcast_plan *plan;
  if (!make_plan(&plan, argv[2], argv[3])) return 1;
  rowcast_plan_info info;
  rowcast_plan_describe(plan, &info, sizeof info);
  struct server server = {.plan = plan, .k = info.k, .listener = listen_at(argv[1])};
  bool done = false;
  if (server.listener >= 0) {
    static struct worker workers[MAX_WORKERS];
    done = run(&server, workers, count, argv[1], &signals);
    close(server.listener);
    unlink(argv[1]);
  }
  rowcast_plan_destroy(plan);
  return done ? 0 : 1;
}
