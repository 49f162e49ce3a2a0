/* SPDX-License-Identifier: BSD-3-Clause */
/* ROWCAST_API marks what the shared libraries export; everything else stays hidden in them. */
#ifndef ROWCAST_EXPORT_H
#define ROWCAST_EXPORT_H

#if defined(__GNUC__)
#define ROWCAST_API __attribute__((visibility("default")))
#else
#define ROWCAST_API
#endif

#endif
