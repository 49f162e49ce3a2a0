/* SPDX-License-Identifier: BSD-3-Clause */
/* Same bits? A checksum for each order and product, side by side. */
#include "html/bits.h"
#include "html/markup.h"
#include "html/marks.h"
#include "html/sections.h"
#include "html/tabs.h"
#include "html/values.h"

/* So many at once, and so many at all. */
enum { ROWS_SHOWN = 24, ROWS_MOST = 400 };

bool section_bits_has(const struct material *material) {
  for (size_t l = 0; l < material->line_count; l++)
    if (text_of(material->lines[l].result, "crc32")[0] != '\0' &&
        text_of(material->lines[l].result, "order")[0] != '\0')
      return true;
  return false;
}

static void write_row(FILE *page, const struct material *material, const struct bits_row *row) {
  html(page, "<tr><th scope=\"row\">%s</th><td>", row->order);
  shape_name(page, &material->products[row->product]);
  html(page, "</td><td>%s</td><td>%s</td>", material->products[row->product].data,
       row->types[0] && row->types[1] ? "bytes and float32"
       : row->types[0]                ? "bytes"
                                      : "float32");
  for (size_t s = 0; s < material->side_count; s++)
    if (row->crc32s[s] != NULL) html(page, "<td><code>%s</code></td>", row->crc32s[s]);
    else fputs("<td>&ndash;</td>", page);
  html(page, "<td class=\"r\">%'zu</td>", row->results);
  fputs(row->differs        ? "<td class=\"bad\">&#10007; differ</td></tr>\n"
        : row->results == 1 ? "<td>one result</td></tr>\n"
                            : "<td class=\"ok\">&#10003; same</td></tr>\n",
        page);
}

static void write_table(FILE *page, const struct material *material, const struct bits *bits, size_t begin,
                        size_t end) {
  fputs("<div class=\"sc\" tabindex=\"0\" role=\"group\" aria-label=\"Checksums\"><table><thead><tr>"
        "<th scope=\"col\">order of summation</th><th scope=\"col\">shape</th><th scope=\"col\">rows</th>"
        "<th scope=\"col\">type</th>",
        page);
  for (size_t s = 0; s < material->side_count; s++) {
    fputs("<th scope=\"col\">", page);
    mark_letter(page, material, s);
    fputs("</th>", page);
  }
  fputs("<th scope=\"col\" class=\"r\">results</th><th scope=\"col\">bits</th></tr></thead><tbody>\n", page);
  for (size_t r = begin; r < bits->count && r < end; r++) write_row(page, material, &bits->rows[r]);
  fputs("</tbody></table></div>\n", page);
}

bool section_bits(FILE *page, const struct material *material) {
  struct bits bits;
  const bool made = bits_make(&bits, material);
  fputs(
    "<p>The CRC-32 of the whole result, little-endian float32, row by row. One order of summation must give one "
    "checksum on every machine, for every kernel and thread count, and for bytes as for float32 where their unit is "
    "a power of two.",
    page);
  if (bits.differing > 0) fputs(" Where rows are a file&rsquo;s (images), other files have other results.", page);
  fputs("</p>\n", page);
  write_table(page, material, &bits, 0, ROWS_SHOWN);
  if (bits.count > ROWS_SHOWN) {
    html(page, "<details><summary>%'zu lines more</summary>\n", bits.count - ROWS_SHOWN);
    write_table(page, material, &bits, ROWS_SHOWN, ROWS_MOST);
    if (bits.count > ROWS_MOST)
      html(page, "<p class=\"fn\">%'zu lines are not shown; those that differ come first.</p>\n",
           bits.count - ROWS_MOST);
    fputs("</details>\n", page);
  }
  bits_free(&bits);
  return made;
}

void badge_bits(FILE *page, const struct material *material) {
  struct bits bits;
  if (bits_make(&bits, material) && bits.results > 1)
    fputs(bits.differing > 0 ? " <span class=\"badge bad\">&#10007; some differ</span>"
                             : " <span class=\"badge ok\">&#10003; all agree</span>",
          page);
  bits_free(&bits);
}
