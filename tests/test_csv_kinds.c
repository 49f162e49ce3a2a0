/* SPDX-License-Identifier: BSD-3-Clause */
/* CSV as it occurs in practice: headings of numbers, comments, quotes, text in columns that are not selected,
 * delimiters, decimal commas; assumptions are told, the caller's options take precedence, and a hint is given only
 * where it helps. All of this is the same for whole files, in blocks, gzipped and from a pipe. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"

#define HEADINGS ROWCAST_HEADINGS_LEFT_OUT
#define KEPT     ROWCAST_HEADINGS_KEPT
#define ALL      .struct_size = sizeof(rowcast_read_options)

static const struct {
  const char *text;
  size_t rows, cols;
  float first, last;
  rowcast_headings headings;
  rowcast_read_options options;
} cases[] = {
  /* What pandas writes above unnamed columns, and what only looks like it. */
  {"0,1,2\n.5,.25,3\n", 1, 3, .5f, 3, HEADINGS, {ALL}},
  {"0,1,2,3\n5,6,7,8\n5,6,7,9\n", 2, 4, 5, 9, HEADINGS, {ALL}},
  {"\"0\",\"1\",\"2\"\n1,2,3\n", 1, 3, 1, 3, HEADINGS, {ALL}},
  {"\xef\xbb\xbf"
   "0;1;2\r\n1;2;3\r\n",
   1,
   3,
   1,
   3,
   HEADINGS,
   {ALL}},
  {"# made by hand\n0\t1\t2\n1\t2\t3\n", 1, 3, 1, 3, HEADINGS, {ALL}},
  {"0 1 2\n1 2 3\n", 1, 3, 1, 3, HEADINGS, {ALL}},
  {"0,1,2,3,4,5,6,7,8,9,10,11\n0,0,0,0,0,0,0,0,0,0,0,7", 1, 12, 0, 7, HEADINGS, {ALL}},
  {",0,1,2\n0,.5,.25,3\n1,4,5,6\n", 2, 3, .5f, 6, HEADINGS, {ALL, .columns_from = 1}},
  /* However few, after a field that is empty or text; unless the next line has such a field there, too. */
  {",0\n0,7\n1,2\n", 2, 1, 7, 2, HEADINGS, {ALL, .columns_from = 1}},
  {",0,1\n0,7,8\n", 1, 2, 7, 8, HEADINGS, {ALL, .columns_from = 1}},
  {",0,1\ncat,7,8\n", 1, 1, 8, 8, HEADINGS, {ALL, .columns_from = 2}},
  {"id,0,1\n5,7,8\n", 1, 2, 7, 8, HEADINGS, {ALL, .columns_from = 1}},
  {"id;0\n5;7\n", 1, 1, 7, 7, HEADINGS, {ALL, .columns_from = 1}},
  {"cat,0\ndog,1\n", 2, 1, 0, 1, KEPT, {ALL, .columns_from = 1}},
  {"cat,0,1\n#\ndog,1,0\n", 2, 2, 0, 0, KEPT, {ALL, .columns_from = 1}},
  {"cat,0,1\ndog,1,0\n", 2, 1, 1, 0, KEPT, {ALL, .columns_from = 2}},
  {",0,1\n,1,0\n", 2, 2, 0, 0, KEPT, {ALL, .columns_from = 1}},
  {"cat,0\n", 1, 1, 0, 0, KEPT, {ALL, .columns_from = 1}},
  {"cat,0\n7,1\n", 2, 1, 0, 1, KEPT, {ALL, .columns_from = 1, .headings = KEPT}},
  {"label,0,1,2\ncat,.5,.25,3\n", 1, 3, .5f, 3, HEADINGS, {ALL, .columns_from = 1}},
  {"0,1,2,label\n.5,.25,3,cat\n", 1, 3, .5f, 3, HEADINGS, {ALL, .columns_to = 3}},
  {"id,0,1,2,label\n7,.5,.25,3,cat\n", 1, 2, .25f, 3, HEADINGS, {ALL, .columns_from = 2, .columns_to = 4}},
  {"0,1,2\n3,4,5\n", 2, 3, 0, 5, ROWCAST_HEADINGS_NONE, {ALL}},
  {"0,1,2\n3,4,5\n", 2, 2, 1, 5, ROWCAST_HEADINGS_NONE, {ALL, .columns_from = 1}},
  {"0,1,2\n", 1, 3, 0, 2, ROWCAST_HEADINGS_NONE, {ALL}},
  {"0,1,2\n\n# end\n", 1, 2, 1, 2, ROWCAST_HEADINGS_NONE, {ALL, .columns_from = 1}},
  {"0,1,2\n.5,.25,3\n", 2, 3, 0, 3, KEPT, {ALL, .headings = KEPT}},
  {"x\n0,1,2\n.5,.25,3\n", 2, 3, 0, 3, KEPT, {ALL, .skip_lines = 1}},
  {"0,1\n1,0\n", 2, 2, 0, 0, KEPT, {ALL}},
  {"0,1,2.0\n1,2,3\n", 2, 3, 0, 3, ROWCAST_HEADINGS_NONE, {ALL}},
  {"0,1,3\n1,2,3\n", 2, 3, 0, 3, ROWCAST_HEADINGS_NONE, {ALL}},
  {"1,2,3\n4,5,6\n", 2, 3, 1, 6, ROWCAST_HEADINGS_NONE, {ALL}},
  {"0,01,2\n4,5,6\n", 2, 3, 0, 6, ROWCAST_HEADINGS_NONE, {ALL}},
  {"0\n1\n", 2, 1, 0, 1, ROWCAST_HEADINGS_NONE, {ALL}},
  /* Comments, as numpy.savetxt() writes them and numpy.loadtxt() reads them. */
  {"# a b\n1 2\n3 4\n# end\n", 2, 2, 1, 4, 0, {ALL}},
  {"#\n#\n1,2#x\n3,4 # \"y\n", 2, 2, 1, 4, 0, {ALL}},
  {"  # indented\n1 2\n  #\n3 4\n", 2, 2, 1, 4, 0, {ALL}},
  {"% 1\n1,2 % 3\n", 1, 2, 1, 2, 0, {ALL, .comment = '%'}},
  {"\"a # b\",1\n\"\"\"#\",2 # 3\n", 2, 1, 1, 2, 0, {ALL, .columns_from = 1}},
  /* Quotes, and text where no number is wanted. */
  {"\"1.5\",\"2\"\n\"3\" ,4\n", 2, 2, 1.5f, 4, 0, {ALL}},
  {"\"1\" \"2\" \n3 \"4\"\n", 2, 2, 1, 4, 0, {ALL}},
  {"cat,1,2\ndog,3,4\n", 2, 2, 1, 4, 0, {ALL, .columns_from = 1}},
  {"\"a,b\",1,x\n\"c\"\"d,\",3,\n", 2, 1, 1, 3, 0, {ALL, .columns_from = 1, .columns_to = 2}},
  {"5,x,\n6,,y\n", 2, 1, 5, 6, 0, {ALL, .columns_to = 1}},
  {"a b 1\nc d 2\n", 2, 1, 1, 2, 0, {ALL, .columns_from = 2}},
  {"1,2,3\n4,5,6\n", 2, 1, 2, 5, 0, {ALL, .columns_from = 1, .columns_to = 2}},
  /* What separates, on request. */
  {"1|2\n3 | 4\n", 2, 2, 1, 4, 0, {ALL, .delimiter = '|'}},
  {"1,a;2\n3,b;4\n", 2, 1, 2, 4, 0, {ALL, .delimiter = ';', .columns_from = 1}},
  {"a,b 1\nc,d\t2\n", 2, 1, 1, 2, 0, {ALL, .delimiter = ' ', .columns_from = 1}},
  {"x y\t1\n\t2\n", 2, 1, 1, 2, 0, {ALL, .delimiter = '\t', .columns_from = 1}},
  {"1,5;2,25\n-3,0;1e3\n", 2, 2, 1.5f, 1000, 0, {ALL, .decimal = ','}},
  {"1,5 2,25\n", 1, 2, 1.5f, 2.25f, 0, {ALL, .decimal = ','}},
  {",5\t123456,7891011121314151617181920\n", 1, 2, .5f, 123456.7891011121314f, 0, {ALL, .decimal = ','}},
  {"1.5;2\n", 1, 2, 1.5f, 2, 0, {ALL, .decimal = '.'}},
  /* The caller's options take precedence, whatever the text looks like. */
  {"class\n1\n2\n", 2, 1, 1, 2, 0, {ALL, .skip_lines = 1}},
  {"cos\nsystem\n1\n", 1, 1, 1, 1, 0, {ALL, .skip_lines = 2}},
  {"(lp0\n1\n", 1, 1, 1, 1, 0, {ALL, .skip_lines = 1}},
  {"<html>\n1\n", 1, 1, 1, 1, 0, {ALL, .skip_lines = 1}},
  {"]q\n1\n", 1, 1, 1, 1, 0, {ALL, .comment = ']'}},
  {"ORC,PAR1\n1,2\n", 1, 2, 1, 2, 0, {ALL, .skip_lines = 1}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(csv_kinds, .init = set_up, .fini = tear_down);

static void check_matrix(size_t i, const char *how, const rowcast_matrix *matrix, float first, float last) {
  cr_expect(matrix->rows == cases[i].rows && matrix->cols == cases[i].cols, "%zu, %s: %zu x %zu", i, how, matrix->rows,
            matrix->cols);
  cr_expect(first == cases[i].first && last == cases[i].last, "%zu, %s: %g to %g", i, how, (double)first, (double)last);
  cr_expect_eq(matrix->file->headings, (unsigned char)cases[i].headings, "%zu, %s: headings %d", i, how,
               matrix->file->headings);
}

Test(csv_kinds, whole) {
  for (size_t i = 0; i < CASES; i++) {
    rowcast_matrix matrix;
    rowcast_error error;
    const char *text = cases[i].text;
    const rowcast_status status =
      rowcast_matrix_read_memory(&matrix, text, strlen(text), "input", &cases[i].options, &error);
    cr_expect(status == ROWCAST_OK, "%zu: %s", i, told(&error));
    if (status != ROWCAST_OK) continue;
    const float *values = matrix.data;
    check_matrix(i, "whole", &matrix, values[0], values[matrix.rows * matrix.cols - 1]);
    rowcast_matrix_free(&matrix);
  }
}

/* Writes the bytes into a FIFO, in a process of its own, one or two at a time. */
static pid_t feed(const struct bytes *bytes, const char *to) {
  fflush(NULL);
  const pid_t child = fork();
  if (child != 0) return child;
  FILE *fifo = fopen(to, "wb");
  for (size_t at = 0; fifo != NULL && at < bytes->size; at += 2) {
    fwrite(bytes->data + at, 1, bytes->size - at < 2 ? 1 : 2, fifo);
    fflush(fifo);
  }
  _exit(0);
}

/* With the shape and the values that the blocks add up to. A limit so small that no two rows share a block. */
static void check_blocks(size_t i, const char *from, const char *how) {
  rowcast_read_options options = cases[i].options;
  rowcast_reader *reader;
  rowcast_matrix block;
  rowcast_error error;
  float first = 0, last = 0;
  size_t rows = 0;
  options.max_bytes = 64;
  rowcast_status status = rowcast_reader_open(&reader, from, &options, &error);
  cr_assert(status == ROWCAST_OK, "%zu, %s: %s", i, how, told(&error));
  while ((status = rowcast_reader_next(reader, &block, &error)) == ROWCAST_OK && block.rows > 0) {
    const float *values = block.data;
    if (rows == 0) first = values[0];
    last = values[block.rows * block.cols - 1];
    rows += block.rows;
    cr_expect_eq(block.file->headings, (unsigned char)cases[i].headings, "%zu, %s", i, how);
  }
  cr_expect(status == ROWCAST_OK, "%zu, %s: %s", i, how, told(&error));
  const rowcast_matrix *shape = rowcast_reader_shape(reader);
  if (status == ROWCAST_OK) check_matrix(i, how, shape, first, last);
  cr_expect_eq(shape->rows, rows);
  rowcast_reader_close(reader);
}

Test(csv_kinds, in_blocks_gzipped_and_from_pipes, .timeout = 120) {
  char *fifo = path_in(folder, "fifo");
  cr_assert_eq(mkfifo(fifo, 0600), 0);
  for (size_t i = 0; i < CASES; i++) {
    struct bytes plain = {0};
    bytes_add_text(&plain, cases[i].text);
    struct bytes packed = gzip_of(&plain);
    const struct bytes *const both[] = {&plain, &packed};
    for (size_t j = 0; j < 2; j++) {
      bytes_write(both[j], path);
      check_blocks(i, path, j == 0 ? "a file" : "gzipped");
      const pid_t feeder = feed(both[j], fifo);
      check_blocks(i, fifo, j == 0 ? "a pipe" : "a gzipped pipe");
      waitpid(feeder, NULL, 0);
    }
    bytes_free(&plain);
    bytes_free(&packed);
  }
  free(fifo);
}

Test(csv_kinds, refused) {
  static const struct {
    const char *text, *part, *not ;
    rowcast_read_options options;
  } wrong[] = {
    /* Headings are guessed where they are plausible, with their line and an index column; and nowhere else. */
    {"a,b\n1,2\n", "line 1, column 1: 'a' is not a number: headings (skip_lines=1)", NULL, {ALL}},
    {"# x\n\na,b\n1,2\n", ": headings (skip_lines=3)", NULL, {ALL}},
    {"\"a\",\"b\"\n1,2\n", ": headings (skip_lines=1)", NULL, {ALL}},
    {"class\n1\n", ": headings (skip_lines=1)", NULL, {ALL}},
    {",0,1\n0,5,6\n", "an index before the columns (skip_lines=1 columns_from=1)", NULL, {ALL}},
    {"\"\",\"V1\"\n\"1\",0.5\n", "an index before the columns (skip_lines=1 columns_from=1)", NULL, {ALL}},
    {"\"V1\" \"V2\"\n\"1\" 0.5 1\n", "an index before the columns (skip_lines=1 columns_from=1)", NULL, {ALL}},
    {"label,0,1\n7,5,6\n", "'label' is not a number: headings (skip_lines=1)", NULL, {ALL}},
    {"title\na,b\n1,2\n",
     "line 2, column 1: 'a' is not a number: 1 line was skipped; more headings (skip_lines=2)",
     NULL,
     {ALL, .skip_lines = 1}},
    {"1\n2\nx\n", "line 3, column 1: 'x' is not a number: 2 lines were skipped", "headings", {ALL, .skip_lines = 2}},
    {"a,b\nc,d\n", "'a' is not a number", "number:", {ALL}},
    {"a,b\n1\n", "'a' is not a number", "number:", {ALL}},
    {"a,5\n1,2\n", "'a' is not a number", "number:", {ALL}},
    {"1,2\na,b\n3,4\n", "line 2, column 1: 'a' is not a number", "number:", {ALL}},
    {"1,5;2,5\n", "column 2: '5;2' is not a number: decimal commas (decimal=,)", NULL, {ALL}},
    {"1;2\n1,5;2\n", "line 2, column 1: '1,5' is not a number: decimal commas (decimal=,)", NULL, {ALL}},
    {"1,5;2,5\n", "'1,5' is not a number: decimal commas (decimal=,)", NULL, {ALL, .delimiter = ';'}},
    {"1.5;2\n", "'1.5' is not a number", "number:", {ALL, .decimal = ','}},
    {"\"1,5\";\"2\"\n1;2,5\n", ": decimal commas (decimal=,)", NULL, {ALL}},
    {"1,5 2,5\n", ": decimal commas (decimal=,)", NULL, {ALL}},
    {"5\n1,5\n", "line 2, column 1: '1,5' is not a number: decimal commas (decimal=,)", NULL, {ALL}},
    /* But not if a number is missing, a comma separates, a blank separates thousands, or the next line disagrees. */
    {"1,2\n3,\n4,5\n", "line 2, column 2: '' is not a number", "number:", {ALL}},
    {",0\n0,7\n1,2\n", "an index before the columns (skip_lines=1 columns_from=1)", "decimal", {ALL}},
    {"5,\n6,\n", "column 2: '' is not a number: no numbers in column 2 (columns_to=1)", "decimal", {ALL}},
    {"1 000,2\n", "'1 000' is not a number", "number:", {ALL}},
    {"1,2\n", "'1,2' is not a number", "number:", {ALL, .delimiter = ';'}},
    {"1,2\n3,4\n", "'1,2' is not a number", "number:", {ALL, .delimiter = ' '}},
    {"1,5;2,5\n", "'5;2' is not a number", "number:", {ALL, .delimiter = ','}},
    {"1,2\n1,5;2\n", "'5;2' is not a number", "number:", {ALL}},
    {"1,5;2,5\nx;y\n", "'5;2' is not a number", "number:", {ALL}},
    {"1,5;2,5\n1,5\n", "'5;2' is not a number", "number:", {ALL}},
    {"x;y\n1,5;2,5\n", "'x' is not a number: headings, and decimal commas (skip_lines=1 decimal=,)", NULL, {ALL}},
    /* Columns of text, and of nothing, are left out by the option for that. */
    {"cat,0\ndog,1\n", "column 1: 'cat' is not a number: no numbers in column 1 (columns_from=1)", "headings", {ALL}},
    {"cat,0,1\ndog,1,0\n", ": no numbers in column 1 (columns_from=1)", "headings", {ALL}},
    {"1,a\n2,b\n", "column 2: 'a' is not a number: no numbers in column 2 (columns_to=1)", NULL, {ALL}},
    {"a,1,2,b,3\nc,4,5,d,6\n", ": no numbers in column 1 (columns_from=1 columns_to=3)", NULL, {ALL}},
    {"a,1,2,b,3\nc,4,5,d,6\n",
     ": no numbers in column 4 (columns_from=1 columns_to=3)",
     NULL,
     {ALL, .columns_from = 1}},
    {"t\n1 a\n\n2 b\n", ": 1 line was skipped; no numbers in column 2 (columns_to=1)", NULL, {ALL, .skip_lines = 1}},
    {"1,a\n2,3\n", "'a' is not a number", "number:", {ALL}},
    {"1,a\n2,b,3\n", "'a' is not a number", "number:", {ALL}},
    /* What is not looked for between numbers. */
    {"1|2|3\n4|5|6\n", "'1|2|3' is not a number: '|' between numbers (delimiter=|)", NULL, {ALL}},
    {"1:2\n", ": ':' between numbers (delimiter=:)", NULL, {ALL}},
    {"1.5 | 2\n", "(delimiter=|)", NULL, {ALL}},
    {"1|2|3\n4|5\n", "is not a number", "number:", {ALL}},
    {"1|2\n", "is not a number", "number:", {ALL, .delimiter = ';'}},
    {"1|x\n", "is not a number", "number:", {ALL}},
    /* What is something else is named. */
    {"5 153:3 154:18\n", "is libsvm (column:value), not CSV", "skip", {ALL}},
    {"+1 1:0.5 7:1\n-1 2:1\n", "is libsvm", "skip", {ALL}},
    {"404: Not Found", "is an error message of a server", "skip", {ALL}},
    {"403 Forbidden\n", "is an error message of a server", "skip", {ALL}},
    {"<?xml version=\"1.0\"?>\n<Error/>", "is XML, not data", "skip", {ALL}},
    {"\n\n  <!DOCTYPE html>", "is an HTML page", "skip", {ALL}},
    {"\xef\xbb\xbf<HTML>", "is an HTML page", "skip", {ALL}},
    {"<html>\n", "is an HTML page", "skip", {ALL, .columns_from = 5}},
    {"{\"message\":\"Not Found\"}", "is JSON, not rows", "skip", {ALL}},
    {"[[1,2],[3,4]]", "json.load", "skip", {ALL}},
    {"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer", "skip", {ALL}},
    {"% note\n@RELATION x\n@attribute a real\n@DATA\n1,2\n",
     "is ARFF; its rows follow line 4 (skip_lines=4)",
     NULL,
     {ALL}},
    {"@relation x\n", "is ARFF; its rows follow the line @data", NULL, {ALL}},
    {"hello, world\n", "line 1, column 1: 'hello' is not a number", "number:", {ALL}},
    /* Fields. */
    {"1,2,3\n4,5\n", "line 2 has 2 numbers, but the first has 3", NULL, {ALL, .columns_to = 1}},
    {"1,2\n", "line 1 has 2 columns, but columns up to 3 are asked for", NULL, {ALL, .columns_to = 3}},
    {"1\n", "line 1 has 1 column, but columns up to 3 are asked for", NULL, {ALL, .columns_to = 3}},
    {"1,2\n3\n", "line 2 has 1 number, but the first has 2", NULL, {ALL}},
    {"1,2\n", "line 1 has 2 columns, but columns up to 3 are asked for", NULL, {ALL, .columns_from = 2}},
    {"0,1,2\n3,4,5\n", "line 1 has 3 columns, but columns up to 4 are asked for", NULL, {ALL, .columns_to = 4}},
    {"\"a,1\n", "column 1: a quoted field does not end on its line", NULL, {ALL, .columns_from = 1}},
    {"\"1\"2,3\n", "'\"1\"2' is not a number", NULL, {ALL}},
    {"\"\",3\n4,5\n", "'\"\"' is not a number", NULL, {ALL}},
    {" \"1\",3\n", "is not a number", NULL, {ALL}},
    {"  # c\n1,2\n", "line 1 has only blanks before a comment, but ',' separates numbers", NULL, {ALL}},
    {"  \n1,2\n", "line 1 has only blanks, but ',' separates numbers", NULL, {ALL}},
    {"1,2\n  # c\n", "line 2, column 1: '' is not a number", NULL, {ALL}},
    {"1,2 # c\n",
     "column 2: '#' is not a number",
     NULL,
     {ALL, .comment = ROWCAST_NO_COMMENTS, .delimiter = ' ', .columns_from = 1}},
    {"label,0,1,2\n", "no line follows the headings", NULL, {ALL, .columns_from = 1}},
    {",0\n", "no line follows the headings", NULL, {ALL, .columns_from = 1}},
    {"# nothing\n", "no line holds a number", NULL, {ALL}},
    {"\n \n", "no line holds a number", NULL, {ALL}},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    rowcast_error error;
    rowcast_matrix matrix;
    const char *text = wrong[i].text;
    const rowcast_status status =
      rowcast_matrix_read_memory(&matrix, text, strlen(text), "input", &wrong[i].options, &error);
    const bool absent = strstr(wrong[i].part, "are asked for") != NULL;
    cr_expect(status == (absent ? ROWCAST_ERR_NOT_FOUND : ROWCAST_ERR_FORMAT), "%d: %s", status, text);
    if (status == ROWCAST_OK) continue;
    cr_expect_not_null(strstr(told(&error), wrong[i].part), "'%s' is not in: %s", wrong[i].part, told(&error));
    cr_expect(wrong[i].not == NULL || strstr(told(&error), wrong[i].not ) == NULL, "'%s' is in: %s", wrong[i].not,
              told(&error));
  }
}

/* Options that make no sense are refused before a file is opened; options for another format are told. */
Test(csv_kinds, options) {
  static const struct {
    const char *part;
    rowcast_read_options options;
  } wrong[] = {
    {"the delimiter must be", {ALL, .delimiter = '.'}},
    {"the delimiter must be", {ALL, .delimiter = 'x'}},
    {"the delimiter must be", {ALL, .delimiter = '5'}},
    {"the delimiter must be", {ALL, .delimiter = '\n'}},
    {"the delimiter must be", {ALL, .delimiter = 300}},
    {"the delimiter must be", {ALL, .delimiter = -3}},
    {"the delimiter must be", {ALL, .delimiter = '"'}},
    {"what begins a comment must be", {ALL, .comment = ' '}},
    {"what begins a comment must be", {ALL, .comment = -2}},
    {"the decimal separator must be . or ,", {ALL, .decimal = ';'}},
    {"with decimal commas, a comma can", {ALL, .decimal = ',', .delimiter = ','}},
    {"# begins comments, so it cannot be the delimiter (comment=-1)", {ALL, .delimiter = '#'}},
    {"what begins a comment cannot be the delimiter", {ALL, .delimiter = '|', .comment = '|'}},
    {"headings must be ROWCAST_HEADINGS_NONE or ROWCAST_HEADINGS_KEPT", {ALL, .headings = ROWCAST_HEADINGS_LEFT_OUT}},
    {"the range of columns is empty", {ALL, .columns_from = 3, .columns_to = 3}},
    {"raw elements, but skipped lines are for CSV only",
     {ALL, .skip_lines = 1, .raw_type = "|u1", .raw_rank = 1, .raw_dims = {1}}},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    rowcast_error error;
    rowcast_matrix matrix;
    cr_expect_eq(rowcast_matrix_read_memory(&matrix, "1", 1, "input", &wrong[i].options, &error), ROWCAST_ERR_ARGUMENT,
                 "%zu", i);
    cr_expect_not_null(strstr(told(&error), wrong[i].part), "'%s' is not in: %s", wrong[i].part, told(&error));
  }
  struct bytes idx = {0}, npy = {0};
  add_idx_header(&idx, 8, 1, (const size_t[]){2});
  bytes_add_text(&idx, "ab");
  add_npy_header(&npy, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }");
  bytes_add_text(&npy, "a");
  const rowcast_read_options asked[] = {{ALL, .skip_lines = 1},
                                        {ALL, .delimiter = ';'},
                                        {ALL, .decimal = ','},
                                        {ALL, .comment = '%'},
                                        {ALL, .headings = KEPT}};
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    rowcast_error error;
    bytes_write(&idx, path);
    cr_expect_eq(read_checked(NULL, path, &asked[i], &error), ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(told(&error), "is IDX, but "), "%s", told(&error));
    bytes_write(&npy, path);
    cr_expect_eq(read_checked(NULL, path, &asked[i], &error), ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(told(&error), "is NPY, but "), "%s", told(&error));
  }
  rowcast_error error;
  cr_expect_eq(read_checked(NULL, path, &(rowcast_read_options){ALL, .member = "0"}, &error), ROWCAST_ERR_NOT_FOUND);
  cr_expect_not_null(strstr(told(&error), "is not a pickle and has no member '0'"), "%s", told(&error));
  bytes_write(&idx, path);
  cr_expect_eq(read_checked(NULL, path, &(rowcast_read_options){ALL, .array = "0"}, &error), ROWCAST_ERR_NOT_FOUND);
  cr_expect_not_null(strstr(told(&error), "has no array '0'"), "%s", told(&error));
  bytes_free(&idx);
  bytes_free(&npy);
}

/* Messages do not depend on how many bytes are looked at first, and are the same in blocks. */
static void expect_both(const struct bytes *bytes, const char *part) {
  bytes_write(bytes, path);
  for (int blocks = 0; blocks < 2; blocks++) {
    const rowcast_read_options options = {ALL, .max_bytes = blocks ? 200000 : 0};
    rowcast_reader *reader;
    rowcast_matrix block;
    rowcast_error error;
    rowcast_status status = rowcast_reader_open(&reader, path, &options, &error);
    while (status == ROWCAST_OK && (status = rowcast_reader_next(reader, &block, &error)) == ROWCAST_OK &&
           block.rows > 0)
      continue;
    cr_expect_eq(status, ROWCAST_ERR_FORMAT, "%s, %s", part, blocks ? "blocks" : "whole");
    cr_expect(status == ROWCAST_OK || strstr(told(&error), part) != NULL, "no '%s' in: %s", part, told(&error));
    rowcast_reader_close(reader);
  }
}

Test(csv_kinds, far_from_the_beginning) {
  struct bytes late = {0}, wide = {0}, commented = {0};
  for (int i = 0; i < 20000; i++) bytes_add_text(&late, "1.5,2\n");
  bytes_add(&late, "1,\0\n", 4);
  expect_both(&late, "CSV: line 20001, column 2: '?' is not a number");
  for (int i = 0; i < 3072; i++) bytes_add_text(&wide, i == 0 ? "pixel" : ",pixel");
  for (int j = 0; j < 30; j++)
    for (int i = 0; i < 3072; i++) bytes_add_text(&wide, i == 0 ? "\n0" : ",0");
  expect_both(&wide, ": headings (skip_lines=1)");
  for (int i = 0; i < 20000; i++) bytes_add_text(&commented, "# comment\n");
  bytes_add_text(&commented, "a,b\n1,2\n");
  expect_both(&commented, "CSV: line 20001, column 1: 'a' is not a number: headings (skip_lines=20001)");
  bytes_free(&late);
  bytes_free(&wide);
  bytes_free(&commented);
}
