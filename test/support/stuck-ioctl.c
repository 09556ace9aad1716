/*
 * Preloaded into an agent: every call of the kernel's ethtool interface about a device whose name starts with "stuck"
 * takes 60 seconds, as long as the file exists that NICWATCH_STUCK_FILE names; or, if NICWATCH_FROZEN_FILE names a file,
 * as long as its file system is frozen, which no signal interrupts.
 */
#include <fcntl.h>
#include <net/if.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { step_milliseconds = 50, stuck_milliseconds = 60000 };

static void wait_while_stuck(void)
{
	const char *file = getenv("NICWATCH_STUCK_FILE");
	const char *frozen_file = getenv("NICWATCH_FROZEN_FILE");
	const struct timespec step = { 0, step_milliseconds * 1000000L };
	int waited;

	if (frozen_file != NULL) {
		close(open(frozen_file, O_WRONLY | O_CREAT, 0600));
		return;
	}
	for (waited = 0; waited < stuck_milliseconds; waited += step_milliseconds) {
		if (file == NULL || access(file, F_OK) != 0)
			return;
		nanosleep(&step, NULL);
	}
}

int ioctl(int descriptor, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == SIOCETHTOOL &&
	    strncmp(((const struct ifreq *)argument)->ifr_name, "stuck", strlen("stuck")) == 0)
		wait_while_stuck();
	return syscall(SYS_ioctl, descriptor, request, argument);
}
