// SPDX-License-Identifier: GPL-2.0-or-later
#include "beside.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kernel-guard/boot/fallback.h"
#include "placed.h"

enum { megabyte = 1 << 20 };

/* How much larger than the old ones the new files may be at once. */
static uint64_t growth_of(const struct kg_set *set)
{
	return kg_set_size(set) / 4 + megabyte;
}

/* Bytes of our files that are there already, under the numbers of all sets. */
static int find_placed(const struct kg_root *root, const struct kg_sets *sets,
		       const struct kg_set *set, uint64_t *bytes, struct kg_error *err)
{
	*bytes = 0;
	for (size_t number = 1; number <= kg_kept_last; number++) {
		for (size_t i = 0; i < set->file_count; i++) {
			char *path = kg_placed_path(&set->files[i], number, err);
			struct kg_error ignored;
			struct kg_file file;

			if (!path)
				return -1;
			if (kg_sets_have_content(root, sets, path) &&
			    kg_root_open_file(root, path, &file, &ignored) == 0) {
				*bytes += file.size;
				kg_file_close(&file);
			}
			free(path);
		}
	}
	return 0;
}

int kg_beside_forecast(const struct kg_root *root, const struct kg_sets *sets,
		       const struct kg_set *set, struct kg_forecast *forecast,
		       struct kg_error *err)
{
	struct kg_forecast_room *room;
	uint64_t placed;

	if (kg_forecast_find(forecast, root, set->files[0].path, &room, err) < 0 ||
	    find_placed(root, sets, set, &placed, err) < 0)
		return -1;
	if (!room)
		return 0;
	room->free += placed;
	room->taken += growth_of(set);
	return 0;
}

int kg_beside_take(const struct kg_root *root, const struct kg_set *set, size_t number, bool leave,
		   struct kg_forecast *forecast, bool *fits, struct kg_strings *notes,
		   struct kg_error *err)
{
	struct kg_forecast_room *room;
	uint64_t needed;

	*fits = true;
	if (kg_forecast_find(forecast, root, set->files[0].path, &room, err) < 0)
		return -1;
	if (!room)
		return 0;
	needed = room->taken + kg_set_size(set);
	*fits = needed <= room->free || (leave && kg_set_is_placed(root, set, number));
	if (*fits)
		room->taken = needed;
	if (*fits || !notes)
		return 0;
	return kg_strings_take(
		notes,
		kg_format(err,
			  "there is no room beside %s to keep the kernel %s: %" PRIu64
			  " MiB are needed, %" PRIu64 " MiB are free",
			  set->files[0].path, set->release, needed / megabyte + 1,
			  room->free / megabyte),
		err);
}
