// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "x509.h"

enum {
	utc_time_size = 13,         /* YYMMDDHHMMSSZ */
	generalized_time_size = 15, /* YYYYMMDDHHMMSSZ */
	max_fields = 7,
};

static bool read_digits(struct kg_span text, size_t at, int64_t *number)
{
	unsigned char tens = (unsigned char)(text.data[at] - '0');
	unsigned char ones = (unsigned char)(text.data[at + 1] - '0');

	*number = tens * 10 + ones;
	return tens <= 9 && ones <= 9;
}

static bool is_leap_year(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_of_month(int64_t year, int64_t month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first day of the month. */
static int64_t days_before(int64_t year, int64_t month)
{
	int64_t last = year - 1;
	int64_t days = (year - 1970) * 365 + (last / 4 - 1969 / 4) - (last / 100 - 1969 / 100) +
		       (last / 400 - 1969 / 400);

	for (int64_t i = 1; i < month; i++)
		days += days_of_month(year, i);
	return days;
}

/* The fields are: century where there is one, year, month, day, hour, minute, second. */
static int64_t year_of(const int64_t *fields, bool with_century)
{
	if (with_century)
		return fields[0] * 100 + fields[1];
	return fields[0] >= 50 ? 1900 + fields[0] : 2000 + fields[0];
}

int kg_x509_time(const struct kg_asn1_value *value, int64_t *seconds)
{
	bool with_century = value->tag == kg_asn1_generalized_time;
	size_t size = with_century ? generalized_time_size : utc_time_size;
	int64_t fields[max_fields] = {0};
	const int64_t *rest = fields + (with_century ? 2 : 1);
	int64_t year;

	if ((!with_century && value->tag != kg_asn1_utc_time) || value->content.size != size ||
	    value->content.data[size - 1] != 'Z')
		return EBADMSG;
	for (size_t i = 0; i < size / 2; i++) {
		if (!read_digits(value->content, 2 * i, &fields[i]))
			return EBADMSG;
	}
	year = year_of(fields, with_century);
	if (year < 1970 || (with_century && year <= 2049) || rest[0] < 1 || rest[0] > 12 ||
	    rest[1] < 1 || rest[1] > days_of_month(year, rest[0]) || rest[2] > 24 ||
	    rest[3] > 59 || rest[4] > 60)
		return EBADMSG;
	*seconds = ((days_before(year, rest[0]) + rest[1] - 1) * 24 + rest[2]) * 3600 +
		   rest[3] * 60 + rest[4];
	return 0;
}
