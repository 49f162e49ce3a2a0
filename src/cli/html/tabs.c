/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/tabs.h"

#include <string.h>

#include "html/markup.h"
#include "html/values.h"

enum { TABS = 8 /* as many as the style has rules for */ };

void shape_name(FILE *page, const struct product *product) {
  html(page, "%'zu &times; %'zu &middot; %'zu &times; %'zu", product->rows, product->k, product->k, product->n);
}

static const char *data_text(const char *data) { return strcmp(data, "made") == 0 ? "made-up rows" : data; }

void product_name(FILE *page, const struct material *material, size_t product) {
  const struct product *of = &material->products[product];
  if (material->one_k_n) html(page, "%'zu row%s", of->rows, plural(of->rows));
  else shape_name(page, of);
  html(page, ", %.20s", dtype_text(of->dtype));
  if (!material->one_data && of->data[0] != '\0') html(page, ", %.20s", data_text(of->data));
}

static bool write_panel(FILE *page, const struct material *material, size_t product, size_t tab, tab_panel *panel) {
  if (tab < TABS) html(page, "<div class=\"tp tp%zu\"><h3 class=\"po\">", tab);
  else fputs("<details class=\"more\"><summary>", page);
  product_name(page, material, product);
  fputs(tab < TABS ? "</h3>\n" : "</summary>\n", page);
  const bool made = panel(page, material, product);
  fputs(tab < TABS ? "</div>\n" : "</details>\n", page);
  return made;
}

/* Below the tabs: the products that have none. */
static bool write_further(FILE *page, const struct material *material, size_t count, tab_wanted *wanted,
                          tab_panel *panel) {
  size_t tab = 0;
  bool made = true;
  html(page,
       panel == NULL ? "<p class=\"fn\">%'zu further product%s%s</p>\n"
                     : "<details><summary>%'zu further product%s%s</summary>\n",
       count, plural(count),
       panel == NULL                                ? " left out: the page would be larger than 2 MB; --rows selects."
       : material->extent.further == FURTHER_TABLES ? ", as tables alone: the page would be larger than 2 MB."
                                                    : "");
  for (size_t p = 0; p < material->product_count && made && panel != NULL; p++)
    if (wanted(material, p) && tab++ >= TABS) made = write_panel(page, material, p, tab, panel);
  if (panel != NULL) fputs("</details>\n", page);
  return made;
}

bool tabs(FILE *page, const struct material *material, const char *name, tab_wanted *wanted, tab_panel *panel,
          tab_panel *table) {
  size_t count = 0, tab = 0;
  bool made = true;
  for (size_t p = 0; p < material->product_count; p++) count += wanted(material, p);
  if (count == 0) return true;
  html(page, "<div class=\"tabs%s\" role=\"group\" aria-label=\"Which product\">\n", count == 1 ? " one" : "");
  for (size_t p = 0; p < material->product_count && count > 1 && tab < TABS; p++) {
    if (!wanted(material, p)) continue;
    html(page, "<input type=\"radio\" name=\"%s\" id=\"%s%zu\"%s><label for=\"%s%zu\">", name, name, tab,
         tab == 0 ? " checked" : "", name, tab);
    product_name(page, material, p);
    fputs("</label>\n", page);
    tab++;
  }
  tab = 0;
  for (size_t p = 0; p < material->product_count && made && tab < TABS; p++)
    if (wanted(material, p)) made = write_panel(page, material, p, tab++, panel);
  fputs("</div>\n", page);
  tab_panel *const further[] = {[FURTHER_ALL] = panel, [FURTHER_TABLES] = table, [FURTHER_NONE] = NULL};
  if (count > TABS && made)
    made = write_further(page, material, count - TABS, wanted, further[material->extent.further]);
  return made;
}
