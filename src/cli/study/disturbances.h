/* SPDX-License-Identifier: BSD-3-Clause */
/* What casts doubt on a measurement, as sentences of a document's "disturbed": each names the shape, the element type,
 * the threads and the probe that it is about. All return false where there is no memory. */
#ifndef ROWCAST_CLI_DISTURBANCES_H
#define ROWCAST_CLI_DISTURBANCES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "study/roofs.h"
#include "study/trial.h"

/* After a measurement, once the roofs are finished: takes away the roofs of several threads that collapsed. One thread
 * is looked for among those measured together, else it is *one, what was measured before, which is renewed. */
bool disturbances_drop_collapsed(json_t *document, struct roofs *roofs, size_t count, struct roofs *one);

/* Once the trials are finished: what of them is above its roof; probes that varied; threads that had to share CPUs or a
 * quota, or were not started; a quota that was used up since `throttled` periods; a clock that changed. */
bool disturbances_note(json_t *document, const struct trial *trials, size_t trial_count, const struct roofs *roofs,
                       size_t roofs_count, long long throttled);

/* How the probes of several threads compare with those of one: too slow to have had cores of their own, or faster than
 * they can be. */
bool disturbances_note_scaling(json_t *document, const struct roofs *roofs, const struct roofs *one);

#endif
