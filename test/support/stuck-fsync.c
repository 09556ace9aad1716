/* Preloaded into an agent: fsync takes 60 seconds. */
#include <time.h>

int fsync(int descriptor)
{
	struct timespec left = { 60, 0 };

	(void)descriptor;
	while (nanosleep(&left, &left) != 0)
		;
	return 0;
}
