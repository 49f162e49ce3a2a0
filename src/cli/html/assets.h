/* SPDX-License-Identifier: BSD-3-Clause */
/* The page's own files, which the build makes texts of (cmake/RowcastTexts.cmake). */
#ifndef ROWCAST_CLI_ASSETS_H
#define ROWCAST_CLI_ASSETS_H

extern const char asset_skeleton[], asset_style[], asset_script[];

#endif
