package dev.backplane.guest.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.Consumer;

/**
 * A script in place of apt-get: it copies packages from a folder and writes down how it was called. A file {@code stale}
 * makes downloads fail until an {@code update}, which {@code offline} lets fail too.
 */
final class FakeApt {
    private static final String SCRIPT = """
            #!/bin/sh
            cd_=$PWD; cd "$(dirname "$0")"; home=$PWD; cd "$cd_"
            for last; do :; done
            echo "$*" | sed 's/-[^ ]* //g' >>"$home/calls"
            case " $* " in *Dir::State::lists=*) echo private >>"$home/calls" ;; esac
            if [ "$last" = update ]; then
                if [ -e "$home/offline" ]; then echo 'W: Failed to fetch http://deb.debian.org'; exit 0; fi
                rm -f "$home/stale"
                exit 0
            fi
            if [ -e "$home/stale" ]; then echo "E: Unable to locate package $last"; exit 100; fi
            if [ ! -e "$home/packages/$last" ]; then echo "E: Unable to locate package $last"; exit 100; fi
            cp "$home/packages/$last" "./${last%%=*}_1%3a1.0_amd64.deb"
            """;

    private final Path folder;

    FakeApt(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder.resolve("packages"));
        Path script = folder.resolve("apt-get");
        Files.writeString(script, SCRIPT);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A kernel of the given version, the package that depends on it, and busybox. */
    FakeApt withGuest(String version) throws IOException {
        String name = "linux-image-" + version + "-cloud-amd64";
        put("linux-image-cloud-amd64", "Depends: " + name + " (= 6.1.176-1)\n");
        String modules = "./lib/modules/" + version + "-cloud-amd64/";
        put(
                name + "=6.1.176-1",
                "",
                "./boot/vmlinuz-" + version + "-cloud-amd64",
                kernel(),
                modules + "modules.builtin",
                Packages.ascii("kernel/fs/ext4/ext4.ko\nkernel/drivers/nvme/host/nvme.ko\n"),
                modules + "kernel/drivers/block/virtio_blk.ko",
                FakeModule.of("depends=virtio"),
                modules + "kernel/drivers/net/virtio_net.ko.xz",
                Packages.compress(FakeModule.of("depends=net-failover,virtio", "alias=virtio:d1v*"), ".xz"),
                modules + "kernel/drivers/virtio/virtio.ko",
                FakeModule.of("depends="),
                modules + "kernel/drivers/virtio/virtio_pci.ko",
                FakeModule.of("depends=virtio"),
                modules + "kernel/net/net-failover.ko",
                FakeModule.of("license=GPL"),
                modules + "../../../etc/passwd.ko",
                Packages.ascii("leads elsewhere"));
        put("busybox-static", "Version: 1:1.35.0-4\n", "./bin/busybox", Packages.ascii("busybox"));
        return this;
    }

    /** What a package is like that has a kernel alone. */
    void withoutModules(String version) throws IOException {
        put(
                "linux-image-" + version + "-cloud-amd64=6.1.176-1",
                "",
                "./boot/vmlinuz-" + version + "-cloud-amd64",
                kernel());
    }

    static byte[] kernel() {
        return "kernel".repeat(1000).getBytes(StandardCharsets.US_ASCII);
    }

    void put(String name, String control, Object... files) throws IOException {
        Files.write(folder.resolve("packages").resolve(name), Packages.deb("Package: x\n" + control, ".xz", files));
    }

    void set(String flag) throws IOException {
        Files.createFile(folder.resolve(flag));
    }

    /** How it was called since the last time this was asked, without options. */
    List<String> calls() throws IOException {
        Path calls = folder.resolve("calls");
        if (!Files.exists(calls)) {
            return List.of();
        }
        List<String> lines = Files.readAllLines(calls);
        Files.delete(calls);
        return lines;
    }

    AptGet open(Path systemLists, Path cache, Consumer<String> progress) {
        return new AptGet(folder.resolve("apt-get").toString(), systemLists, cache.resolve("work/apt"), progress);
    }
}
