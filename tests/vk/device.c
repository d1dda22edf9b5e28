/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vulkan devices: the list, opening, and the pipeline cache on disk. */
#include "compute/vk/device.h"

#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "tests/vk/fixture.h"

static void
test_list(void)
{
    int n, n_all;
    const MendDeviceInfo *devices = fixture_devices(&n);
    for (int i = 0; i < n; i++) {
        g_test_message("%s: %s (%d) %s", devices[i].id, devices[i].name, devices[i].score,
                       devices[i].note);
        g_assert_true(g_str_has_prefix(devices[i].id, "vulkan:"));
        g_assert_cmpuint(strlen(devices[i].id), >=, strlen("vulkan:") + 32);
        g_assert_cmpstr(devices[i].name, !=, "");
        g_assert_cmpuint(devices[i].memory, >, 0);
        g_assert_true((devices[i].score < 0) == (devices[i].note[0] != '\0'));
        for (int k = 0; k < i; k++)
            g_assert_cmpstr(devices[i].id, !=, devices[k].id);
    }
    g_autofree MendDeviceInfo *all = mend_devices_list(&n_all);
    g_assert_cmpint(n_all, >, n); /* the CPU as well */
}

static void
test_no_loader(void)
{
    MendDeviceInfo infos[2];
    static const char *const points[] = {"vk.dlopen", "vk.vkCreateInstance",
                                         "vk.vkEnumeratePhysicalDevices",
                                         "vk.vkEnumerateInstanceVersion"};
    for (size_t i = 0; i < G_N_ELEMENTS(points); i++) {
        g_autofree char *fault = g_strconcat(points[i], ":1", NULL);
        g_setenv("MEND_FAULT", fault, TRUE);
        mend_fault_reset();
        g_assert_cmpint(mend_backend_vulkan.probe(infos, G_N_ELEMENTS(infos)), ==, 0);
        int n;
        g_autofree MendDeviceInfo *all = mend_devices_list(&n);
        g_assert_cmpint(n, ==, 1);
        g_assert_cmpstr(all[0].id, ==, "cpu");
    }
    g_unsetenv("MEND_FAULT");
    mend_fault_reset();
}

static void
test_open(void)
{
    int n;
    const MendDeviceInfo *devices = fixture_devices(&n);
    for (int i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        MendDevice *device = mend_backend_vulkan.open(devices[i].id, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(device->info.id, ==, devices[i].id);
        g_assert_true(device->backend == &mend_backend_vulkan);
        mend_backend_vulkan.close(device);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(mend_backend_vulkan.open("vulkan:gone", &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_DEVICE);
}

static char *
cache_file(void)
{
    g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "mend", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_prefix(name, "vulkan-"))
            return g_build_filename(folder, name, NULL);
    }
    return NULL;
}

/* One convolution: the cache does not ask what for. */
static void
run_net(const char *id)
{
    static const FixtureArray arrays[] = {
        {"conv.weight", 4, {3, 3, 3, 3}}, {"conv.bias", 1, {3}}, {0}};
    g_autoptr(GError) error = NULL;
    g_autoptr(MendWeights) weights = fixture_weights(arrays);
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    MendNode x = mend_conv(graph, mend_input(graph, "x", (MendShape){3, 8, 8}), "conv", 1, 1);
    g_assert_true(mend_graph_finish(graph, x, &error));
    g_auto(MendTensor) output = {0};
    MendDevice *device = mend_backend_vulkan.open(id, &error);
    g_assert_no_error(error);
    g_assert_true(fixture_run(device, graph, 1, 1, &output, &error));
    g_assert_no_error(error);
    mend_backend_vulkan.close(device);
}

/* A damaged cache is not handed to the driver, and is replaced. */
static void
test_cache(void)
{
    int n;
    const char *id = fixture_devices(&n)[0].id;
    run_net(id);
    g_autofree char *path = cache_file();
    if (!path) {
        g_test_skip("the driver gives no pipeline cache, or there is no cache folder");
        return;
    }
    g_autofree char *good = NULL;
    gsize good_bytes = 0;
    g_assert_true(g_file_get_contents(path, &good, &good_bytes, NULL));
    const gsize at[] = {0, 20, 72, 90, good_bytes - 1};
    for (size_t i = 0; i <= G_N_ELEMENTS(at); i++) {
        g_autofree char *bad = g_memdup2(good, good_bytes), *after = NULL;
        gsize bytes = i < G_N_ELEMENTS(at) ? good_bytes : good_bytes / 2, after_bytes = 0;
        if (i < G_N_ELEMENTS(at))
            bad[at[i]] ^= 0x55;
        g_assert_true(g_file_set_contents(path, bad, (gssize)bytes, NULL));
        run_net(id);
        g_assert_true(g_file_get_contents(path, &after, &after_bytes, NULL));
        g_assert_false(after_bytes == bytes && memcmp(after, bad, bytes) == 0);
    }
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
    g_test_add_func("/vk/device/list", test_list);
    g_test_add_func("/vk/device/no-loader", test_no_loader);
    g_test_add_func("/vk/device/open", test_open);
    g_test_add_func("/vk/device/cache", test_cache);
    return fixture_finish();
}
