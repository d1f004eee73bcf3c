package dev.backplane.itests.outside;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Modules of Debian's kernel, in an initramfs with a first program that loads them. Its package is fetched once. */
final class GuestModules {
    private static final Path FOLDER = Backplane.WORK.resolve("modules");

    /** What every virtio driver needs, in the order in which they need each other. */
    private static final List<String> VIRTIO = List.of(
            "drivers/virtio/virtio_ring.ko",
            "drivers/virtio/virtio.ko",
            "drivers/virtio/virtio_pci_modern_dev.ko",
            "drivers/virtio/virtio_pci_legacy_dev.ko",
            "drivers/virtio/virtio_pci.ko");

    /** How an init begins: the usual file systems, and the modules. */
    private static final String BEGINNING = """
            #!/bin/busybox sh
            /bin/busybox mount -t proc p /proc
            /bin/busybox mount -t sysfs s /sys
            /bin/busybox mount -t devtmpfs d /dev
            /bin/busybox --install -s /bin
            for module in $(cat /modules/order); do insmod /modules/$module || echo "cannot load $module"; done
            """;

    private GuestModules() {}

    /**
     * The demo's initramfs, and behind it one with virtio modules.
     *
     * @param name names the file that is made
     * @param drivers modules behind virtio's own, in the order in which they need each other
     * @param init what is done when they are loaded, for busybox
     * @param more other files
     */
    static Path initrd(String name, List<String> drivers, String init, Map<String, Path> more) throws IOException {
        Path folder = Files.createDirectories(FOLDER.resolve(name));
        Path modules = root().resolve("kernel");
        var files = new TreeMap<>(more);
        var order = new StringBuilder();
        List<String> all = new ArrayList<>(VIRTIO);
        all.addAll(drivers);
        for (String module : all) {
            Path file = modules.resolve(module);
            files.put("modules/" + file.getFileName(), file);
            order.append(file.getFileName()).append('\n');
        }
        files.put("modules/order", Files.writeString(folder.resolve("order"), order));
        files.put("init", Files.writeString(folder.resolve("init"), BEGINNING + init));
        files.put("mnt/empty", Files.writeString(folder.resolve("empty"), ""));
        Path made = folder.resolve("initrd.cpio");
        try (var out = new BufferedOutputStream(Files.newOutputStream(made))) {
            Files.copy(DebianGuest.initrd(), out);
            Initramfs.write(files, out);
        }
        return made;
    }

    /** The folder of the kernel's modules. */
    private static Path root() throws IOException {
        String release = DebianGuest.kernel().getFileName().toString().substring("vmlinuz-".length());
        Path root = FOLDER.resolve(release);
        if (!Files.exists(root)) {
            HostTool.run(FOLDER, List.of("apt-get", "download", "linux-image-" + release));
            try (var packages = Files.newDirectoryStream(FOLDER, "*.deb")) {
                HostTool.run(
                        FOLDER,
                        List.of("dpkg-deb", "-x", packages.iterator().next().toString(), root.toString()));
            }
        }
        return root.resolve("lib/modules").resolve(release);
    }
}
