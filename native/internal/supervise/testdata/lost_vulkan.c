// A Vulkan loader that loses the device once: it hands everything to the real
// loader (LOST_VULKAN_REAL), but submission number LOST_VULKAN_AFTER, and all
// that follow in the process, return VK_ERROR_DEVICE_LOST. The file
// LOST_VULKAN_ONCE then appears; where it exists nothing is lost any more.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void (*function)(void);
typedef function (*get_address)(void *, const char *);
typedef int (*queue_submit)(void *, uint32_t, const void *, uint64_t);

enum { VK_ERROR_DEVICE_LOST = -4 };

static get_address real_instance, real_device;
static queue_submit real_submit;

static int submit(void *queue, uint32_t count, const void *infos, uint64_t fence) {
    static int submissions, lost;
    const char *once = getenv("LOST_VULKAN_ONCE");
    if (!lost && ++submissions >= atoi(getenv("LOST_VULKAN_AFTER")) && access(once, F_OK) != 0) {
        lost = 1;
        close(open(once, O_CREAT | O_WRONLY, 0600));
    }
    return lost ? VK_ERROR_DEVICE_LOST : real_submit(queue, count, infos, fence);
}

static function device_address(void *device, const char *name) {
    function f = real_device(device, name);
    if (f != NULL && strcmp(name, "vkQueueSubmit") == 0) {
        real_submit = (queue_submit)f;
        return (function)submit;
    }
    return f;
}

function vkGetInstanceProcAddr(void *instance, const char *name) {
    if (real_instance == NULL) {
        void *real = dlopen(getenv("LOST_VULKAN_REAL"), RTLD_NOW | RTLD_LOCAL);
        real_instance = (get_address)dlsym(real, "vkGetInstanceProcAddr");
    }
    function f = real_instance(instance, name);
    if (f != NULL && strcmp(name, "vkGetDeviceProcAddr") == 0) {
        real_device = (get_address)f;
        return (function)device_address;
    }
    return f;
}
