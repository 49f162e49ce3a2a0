/* SPDX-License-Identifier: BSD-3-Clause */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "process.h"
#include "quiet.h"
#include "report.h"

/* Length of the path's directory part, the final slash included. */
static size_t directory_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* The descriptor of this process that a link stands for (/dev/stdout and /dev/fd/3 lead to /proc/self/fd); -1: none. */
static int descriptor_of(const char *link, const struct stat *info) {
  const char *name = link + directory_length(link);
  struct stat proc, there, open_file;
  char *end;
  errno = 0;
  const long number = strtol(name, &end, 10);
  if (name[0] < '0' || name[0] > '9' || *end != '\0' || errno != 0 || number > INT_MAX) return -1;
  if (lstat("/proc/self", &proc) != 0 || info->st_dev != proc.st_dev) return -1;
  if (stat(link, &there) != 0 || fstat((int)number, &open_file) != 0) return -1;
  return there.st_dev == open_file.st_dev && there.st_ino == open_file.st_ino ? (int)number : -1;
}

/* The file that a path names, there or not: symbolic links in its last component are followed, as open() would.
 * realpath() cannot name a file that does not exist. A link that stands for a descriptor of this process is not
 * followed: the open file may have another name by now, or none, and whoever opened it goes on using it. Returns an
 * errno. */
static int find_place(char place[PATH_MAX], const char *path, int *descriptor) {
  enum { MOST_LINKS = 40 }; /* Linux's own limit */
  if ((size_t)snprintf(place, PATH_MAX, "%s", path) >= PATH_MAX) return ENAMETOOLONG;
  for (int links = 0; links <= MOST_LINKS; links++) {
    struct stat info;
    if (lstat(place, &info) != 0) return errno == ENOENT ? 0 : errno;
    if (!S_ISLNK(info.st_mode)) return 0;
    *descriptor = descriptor_of(place, &info);
    if (*descriptor >= 0) return 0;
    char target[PATH_MAX];
    const ssize_t length = readlink(place, target, sizeof target - 1);
    if (length < 0) return errno;
    target[length] = '\0';
    const size_t directory = target[0] == '/' ? 0 : directory_length(place);
    if (directory + (size_t)length >= PATH_MAX) return ENAMETOOLONG;
    memcpy(place + directory, target, (size_t)length + 1);
  }
  return ELOOP;
}

static bool is_standard(const char *path) { return strcmp(path, "-") == 0; }

/* Fills in where the path leads; *direct: to something that is written to directly. */
static rowcast_status prepare(struct rc_output *output, const char *path, bool overwrite, bool *direct,
                              rowcast_error *err) {
  *output =
    (struct rc_output){.process = rc_process(), .fd = -1, .path = path, .overwrite = overwrite, .descriptor = -1};
  if (is_standard(path)) {
    output->path = "standard output";
    output->descriptor = STDOUT_FILENO;
    *direct = true;
    return ROWCAST_OK;
  }
  struct stat info;
  const bool exists = stat(path, &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return rc_report_directory(err, path);
  const int number = find_place(output->place, path, &output->descriptor);
  *direct = output->descriptor >= 0 || (exists && !S_ISREG(info.st_mode));
  if (*direct) return ROWCAST_OK;
  if (exists && !overwrite) return rc_report_taken(err, path);
  return number == 0 ? ROWCAST_OK : rc_report_errno(err, path, "cannot create", number);
}

/* The folder a path lies in. */
static void directory_of(char directory[PATH_MAX], const char *path) {
  const size_t length = directory_length(path);
  snprintf(directory, PATH_MAX, "%.*s", length > 0 ? (int)length : 1, length > 0 ? path : ".");
}

rowcast_status rc_output_check(const char *path, bool overwrite, rowcast_error *err) {
  struct rc_output output;
  bool direct;
  const rowcast_status status = prepare(&output, path, overwrite, &direct, err);
  if (status != ROWCAST_OK) return status;
  if (is_standard(path)) return ROWCAST_OK;
  if (output.descriptor >= 0) {
    const bool writable = (fcntl(output.descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
    return writable ? ROWCAST_OK : rc_report_errno(err, path, "cannot open for writing", EBADF);
  }
  if (direct)
    return access(path, W_OK) == 0 ? ROWCAST_OK : rc_report_errno(err, path, "cannot open for writing", errno);
  char directory[PATH_MAX];
  directory_of(directory, output.place);
  return access(directory, W_OK | X_OK) == 0 ? ROWCAST_OK : rc_report_errno(err, path, "cannot create", errno);
}

/* mkstemp() makes files of mode 0600; this is what open() would have given. umask() cannot be read without setting it,
 * so the mode comes from an empty file opened the plain way: here O_EXCL with a name of our own. */
static int open_temporary(struct rc_output *output) {
  const size_t directory = directory_length(output->place);
  const char *name = output->place + directory;
  for (unsigned attempt = 0; attempt < 1000; attempt++) {
    const int length = snprintf(output->temporary, sizeof output->temporary, "%.*s.%.200s.%lx-%x", (int)directory,
                                output->place, name, (unsigned long)getpid(), attempt);
    if (length < 0 || (size_t)length >= sizeof output->temporary) {
      errno = ENAMETOOLONG;
      return -1;
    }
    const int fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

/* Opens what is written to directly. To open a FIFO waits for its reader, and so does a write to a full one; where
 * somebody is to be asked meanwhile, neither may block. */
static int open_direct(struct rc_output *output) {
  static const struct timespec pause = {0, 5000000};
  struct stat info;
  const char *path = output->path;
  const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
  int fd = -1;
  if (!rc_ask_needed(&output->ask) || stat(path, &info) != 0 || !S_ISFIFO(info.st_mode)) {
    do fd = open(path, flags);
    while (fd < 0 && errno == EINTR); /* a FIFO that waits for its reader */
    return fd;
  }
  while (!rc_ask_stop(&output->ask) && (fd = open(path, flags | O_NONBLOCK)) < 0 && errno == ENXIO)
    nanosleep(&pause, NULL);
  return fd;
}

rowcast_status rc_output_open(struct rc_output *output, const char *path, bool overwrite, const struct rc_ask *ask,
                              rowcast_error *err) {
  bool direct;
  const rowcast_status status = prepare(output, path, overwrite, &direct, err);
  if (status != ROWCAST_OK) return status;
  output->ask = *ask;
  if (output->descriptor >= 0) {
    output->fd = fcntl(output->descriptor, F_DUPFD_CLOEXEC, 0); /* the caller's own stays open */
    return output->fd >= 0 ? ROWCAST_OK : rc_report_errno(err, output->path, "cannot open for writing", errno);
  }
  if (direct) {
    output->fd = open_direct(output);
    if (output->fd >= 0) return ROWCAST_OK;
    return output->ask.given_up ? rc_output_interrupted(output, err)
                                : rc_report_errno(err, path, "cannot open for writing", errno);
  }
  output->fd = open_temporary(output);
  struct stat old;
  /* Nobody may read the new file who could not read the one it replaces. */
  if (output->fd >= 0 && stat(output->place, &old) == 0 && fchmod(output->fd, old.st_mode & 07777) != 0) {
    const int number = errno;
    rc_output_abandon(output);
    return rc_report_errno(err, path, "cannot create", number);
  }
  if (output->fd >= 0) return ROWCAST_OK;
  output->temporary[0] = '\0';
  return rc_report_errno(err, path, "cannot create", errno);
}

void rc_output_open_calls(struct rc_output *output, const rowcast_sink *sink, const char *name) {
  *output = (struct rc_output){
    .process = rc_process(), .fd = -1, .path = name, .descriptor = -1, .called = true, .sink = *sink};
}

static rowcast_status give(struct rc_output *output, const void *data, size_t size, rowcast_error *err) {
  errno = 0;
  if (size == 0) return ROWCAST_OK;
  if (output->sink.write(output->sink.user, data, size) == 0) {
    output->given += size;
    return ROWCAST_OK;
  }
  return errno != 0 ? rc_report_errno(err, output->path, "cannot write", errno)
                    : rc_report(err, ROWCAST_ERR_IO, output->path, "cannot write");
}

/* All of it, or an errno; EINTR: given up. */
static int write_all(struct rc_output *output, const char *at, size_t size) {
  while (size > 0) {
    const ssize_t written = write(output->fd, at, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return errno;
      /* A FIFO of ours, or a pipe or terminal that somebody else made non-blocking. */
      struct pollfd wanted = {.fd = output->fd, .events = POLLOUT};
      poll(&wanted, 1, RC_ASK_MS);
      if (rc_ask_stop(&output->ask)) return EINTR;
      continue;
    }
    at += written;
    size -= (size_t)written;
    output->given += (size_t)written;
  }
  return 0;
}

rowcast_status rc_output_write(struct rc_output *output, const void *data, size_t size, rowcast_error *err) {
  if (output->called) return give(output, data, size, err);
  struct rc_quiet quiet;
  rc_quiet_begin(&quiet);
  const int number = write_all(output, data, size);
  rc_quiet_end(&quiet, number);
  if (number == 0) return ROWCAST_OK;
  if (output->ask.given_up) return rc_output_interrupted(output, err);
  return rc_report_errno(err, output->path, "cannot write", number);
}

bool rc_output_is_own(const struct rc_output *output) { return output->process == rc_process(); }

bool rc_output_is_direct(const struct rc_output *output) { return output->temporary[0] == '\0'; }

rowcast_status rc_output_interrupted(const struct rc_output *output, rowcast_error *err) {
  if (!rc_output_is_direct(output))
    return rc_report(err, ROWCAST_ERR_CANCELLED, output->path, "interrupted, nothing written");
  return rc_report(err, ROWCAST_ERR_CANCELLED, output->path, "interrupted after %zu byte%s", output->given,
                   RC_S(output->given));
}

rowcast_status rc_output_rewrite(struct rc_output *output, const void *data, size_t size, rowcast_error *err) {
  if (lseek(output->fd, 0, SEEK_SET) != 0) return rc_report_errno(err, output->path, "cannot write", errno);
  return rc_output_write(output, data, size, err);
}

void rc_output_abandon(struct rc_output *output) {
  if (output->fd >= 0) close(output->fd);
  if (output->temporary[0] != '\0' && rc_output_is_own(output)) unlink(output->temporary);
  output->fd = -1;
  output->temporary[0] = '\0';
}

/* Gives the temporary file its name unless something has it by now. Where the kernel or the file system cannot rename
 * that way, link() does the same; where there are no links either, the name was free when the file was opened. */
static bool place_new(const char *temporary, const char *path) {
#ifdef SYS_renameat2
  enum { NOREPLACE = 1 };
  if (syscall(SYS_renameat2, AT_FDCWD, temporary, AT_FDCWD, path, NOREPLACE) == 0) return true;
  if (errno != ENOSYS && errno != EINVAL) return false;
#endif
  if (link(temporary, path) == 0) {
    unlink(temporary);
    return true;
  }
  if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK) return false;
  return rename(temporary, path) == 0;
}

/* Makes a rename durable. Some file systems cannot: that is no failure of the output. */
static void sync_directory(const char *path) {
  char directory[PATH_MAX];
  directory_of(directory, path);
  const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

rowcast_status rc_output_commit(struct rc_output *output, rowcast_error *err) {
  const char *path = output->path;
  const bool direct = output->temporary[0] == '\0';
  if (output->called) return ROWCAST_OK;
  /* Other than regular files cannot always be flushed (EINVAL); their errors come from write() and close(). */
  if (fsync(output->fd) != 0 && !(direct && (errno == EINVAL || errno == EROFS || errno == ENOTSUP))) {
    const int number = errno;
    rc_output_abandon(output);
    return rc_report_errno(err, path, "cannot write", number);
  }
  const int fd = output->fd;
  output->fd = -1;
  if (close(fd) != 0) {
    const int number = errno;
    rc_output_abandon(output);
    return rc_report_errno(err, path, "cannot write", number);
  }
  if (direct) return ROWCAST_OK;
  const bool placed =
    output->overwrite ? rename(output->temporary, output->place) == 0 : place_new(output->temporary, output->place);
  if (!placed) {
    const int number = errno;
    rc_output_abandon(output);
    return number == EEXIST ? rc_report_taken(err, path) : rc_report_errno(err, path, "cannot create", number);
  }
  output->temporary[0] = '\0';
  sync_directory(output->place);
  return ROWCAST_OK;
}
