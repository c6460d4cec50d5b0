/* core/fault.c - a mapped file that is cut short. */
#include <cardea/fault.h>

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_bool happened;
static uintptr_t page_mask; /* set before the handler is */

/* mmap is a plain system call here, and nothing else is done: safe in a handler. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)info->si_addr & ~page_mask;
    if (info->si_code == BUS_ADRERR && mmap((void *)at, page_mask + 1, PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
        atomic_store(&happened, true);
    else
        signal(SIGBUS, SIG_DFL); /* the same instruction again: now it ends us */
}

void cardea_fault_survive(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    page_mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
    sigaction(SIGBUS, &action, NULL);
}

bool cardea_fault_happened(void)
{
    return atomic_load_explicit(&happened, memory_order_relaxed) && atomic_exchange(&happened, false);
}
