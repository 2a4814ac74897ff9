// SPDX-License-Identifier: GPL-2.0-or-later
#include "digests.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "directory.h"
#include "kernel-guard/system/digest.h"

static int digest_copy(int directory, struct kg_set_file *file, struct kg_error *err)
{
	int fd = openat(directory, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char digest[kg_digest_size];
	struct kg_file copy;
	int result;

	if (kg_file_adopt(fd, file->name, &copy, err) < 0)
		return -1;
	result = kg_digest_open_file(&copy, digest, err);
	kg_file_close(&copy);
	if (result < 0)
		return kg_prefix(err, "%s", file->name);
	return kg_copy_optional(&file->digest, digest, err) ? 0 : -1;
}

static void *digest_all(void *argument)
{
	struct kg_digests *digests = argument;
	struct kg_set *set = digests->set;

	digests->result = 0;
	for (size_t i = 0; digests->result == 0 && i < set->file_count; i++)
		digests->result =
			digest_copy(digests->directory, &set->files[i], &digests->error);
	return NULL;
}

int kg_digests_begin(struct kg_digests *digests, struct kg_set *set, int directory,
		     struct kg_error *err)
{
	int copy = fcntl(directory, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return kg_fail_at(err, KG_KEPT_SETS, set->release);
	*digests = (struct kg_digests){.set = set, .directory = copy, .is_begun = true};
	digests->is_thread = pthread_create(&digests->thread, NULL, digest_all, digests) == 0;
	return 0;
}

int kg_digests_finish(struct kg_digests *digests, struct kg_error *err)
{
	if (digests->is_begun) {
		if (digests->is_thread)
			(void)pthread_join(digests->thread, NULL);
		else
			(void)digest_all(digests);
		digests->is_begun = false;
		close(digests->directory);
		if (digests->result == 0)
			digests->result = kg_set_name(digests->set, &digests->error);
	}
	if (digests->result < 0)
		*err = digests->error;
	return digests->result;
}
