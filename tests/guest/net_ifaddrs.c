/* SPDX-License-Identifier: MIT */
// native: no
// expect-status: 0
/* The interfaces that a program finds, by netlink and by ioctl; names that need no server. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include "net.h"

static void show_info(const char *node, const char *service, int flags)
{
	struct addrinfo hints = { .ai_flags = flags, .ai_socktype = SOCK_STREAM }, *list = NULL;
	int err = getaddrinfo(node, service, &hints, &list);
	char host[64], port[16];

	printf("%s %s: %s\n", node, service, err ? gai_strerror(err) : "found");
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), port, sizeof(port),
			    NI_NUMERICHOST | NI_NUMERICSERV);
		printf("  %s port %s\n", host, port);
	}
	if (list)
		freeaddrinfo(list);
}

int main(void)
{
	struct ifreq r = { 0 };
	struct ifaddrs *list;
	char ip[64];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (getifaddrs(&list)) {
		perror("getifaddrs");
		return 1;
	}
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		int family = i->ifa_addr ? i->ifa_addr->sa_family : -1;

		printf("%s %x", i->ifa_name, i->ifa_flags);
		if (family == AF_INET || family == AF_INET6)
			printf(" %s", inet_ntop(family, family == AF_INET ?
			       (void *)&((struct sockaddr_in *)i->ifa_addr)->sin_addr :
			       (void *)&((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, ip, 64));
		putchar('\n');
	}
	freeifaddrs(list);
	strcpy(r.ifr_name, "lo");
	SHOW(ioctl(fd, SIOCGIFADDR, &r));
	printf("%s\n", inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr));
	SHOW(ioctl(fd, SIOCGIFFLAGS, &r));
	printf("%x\n", r.ifr_flags);
	SHOW(if_nametoindex("lo"));
	SHOW(if_nametoindex("eth0"));
	printf("%s\n", if_indextoname(1, r.ifr_name));
	show_info("localhost", "80", 0);
	show_info("localhost", "80", AI_ADDRCONFIG);
	show_info("127.0.0.1", "443", AI_NUMERICHOST);
	show_info("::1", "443", AI_NUMERICHOST);
	return 0;
}
