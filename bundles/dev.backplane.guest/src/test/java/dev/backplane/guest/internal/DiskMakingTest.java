package dev.backplane.guest.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.guest.DiskGuest;
import dev.backplane.guest.GuestException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guest's disk, from packages to a file system. */
class DiskMakingTest {
    private static final String RELEASE = "6.1.0-50-cloud-amd64";

    @TempDir
    Path folder;

    private final List<String> progress = new ArrayList<>();
    private Path cache;
    private FakeApt apt;
    private DebianGuestMaker maker;

    @BeforeEach
    void setUp() throws IOException {
        cache = folder.resolve("cache/guest");
        Path lists = Files.createDirectory(folder.resolve("lists"));
        apt = new FakeApt(folder.resolve("fake")).withGuest("6.1.0-50");
        maker = new DebianGuestMaker((where, listener) -> apt.open(lists, where, listener));
    }

    private DiskGuest make() throws IOException {
        return maker.makeDisk(cache, new FakeDisks(), progress::add);
    }

    private String debugfs(DiskGuest guest, String request) throws Exception {
        return Tools.run(
                        folder,
                        Tools.require("debugfs"),
                        "-R",
                        request,
                        guest.disk().toString())
                .replaceFirst("^debugfs.*\n", "");
    }

    @Test
    void diskHoldsTheSystemAndEveryModuleUnpackedAndIsSound() throws Exception {
        DiskGuest guest = make();
        Tools.run(folder, Tools.require("e2fsck"), "-fn", guest.disk().toString());
        assertEquals("busybox", debugfs(guest, "cat /bin/busybox"));
        assertTrue(debugfs(guest, "cat /libexec/init").startsWith("#!/bin/busybox sh\n"));
        assertTrue(debugfs(guest, "stat /sbin/init").contains("Fast link dest: \"../libexec/init\""));
        String modules = "/lib/modules/" + RELEASE + "/";
        assertEquals("""
                kernel/net/net-failover.ko:
                kernel/drivers/virtio/virtio.ko:
                kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko
                kernel/drivers/net/virtio_net.ko: kernel/drivers/virtio/virtio.ko kernel/net/net-failover.ko
                kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio.ko
                """, debugfs(guest, "cat " + modules + "modules.dep"));
        assertEquals("alias virtio:d1v* virtio_net\n", debugfs(guest, "cat " + modules + "modules.alias"));
        assertTrue(debugfs(guest, "cat " + modules + "kernel/drivers/net/virtio_net.ko")
                .contains("depends=net-failover,virtio"));
        assertFalse(debugfs(guest, "ls -p /etc").contains("passwd.ko"));
        assertFalse(Files.exists(cache.resolve("etc/passwd.ko")));
    }

    @Test
    void initramfsLoadsWhatIsNotBuiltInInItsOrder() throws Exception {
        String archive = Files.readString(make().guest().initrd(), StandardCharsets.ISO_8859_1);
        assertTrue(archive.contains("\nvirtio_pci.ko\nvirtio_blk.ko\nnet-failover.ko\nvirtio_net.ko\n"), archive);
        assertTrue(archive.contains("virtio.ko\nvirtio_pci.ko\n"), archive);
        assertFalse(archive.contains("ext4.ko"));
    }

    @Test
    void diskIsMadeOnceWithALineForEachStepAndMayNotBeWritten() throws Exception {
        DiskGuest guest = make();
        assertEquals(8, progress.size(), progress.toString());
        assertEquals(
                List.of(
                        "Unpacking the kernel's modules",
                        "Making the initramfs for the disk",
                        "Making the disk (4 GiB, ext4 in qcow2)"),
                progress.subList(5, 8));
        assertEquals(3, apt.calls().size());
        assertEquals("r--r--r--", permissions(guest.disk()));
        progress.clear();
        assertEquals(guest, make());
        assertEquals(guest.guest().kernel(), maker.make(cache, progress::add).kernel());
        assertEquals(List.of(), progress);
        assertEquals(List.of(), apt.calls());
        assertFalse(Files.exists(cache.resolve("work")));
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void guestThatIsThereIsNotFetchedAgainForADisk() throws Exception {
        maker.make(cache, progress::add);
        apt.calls();
        make();
        assertEquals(List.of(), apt.calls());
    }

    @Test
    void guestOfAnOlderVersionWithoutTheKernelsPackageIsFetchedAgain() throws Exception {
        maker.make(cache, progress::add);
        Files.delete(cache.resolve("linux-image-" + RELEASE + ".deb"));
        apt.calls();
        make();
        assertEquals(
                List.of("download linux-image-cloud-amd64", "download linux-image-" + RELEASE + "=6.1.176-1"),
                apt.calls());
    }

    @Test
    void oldDisksAreRemovedWhenANewOneIsThere() throws Exception {
        make();
        Path old = Files.writeString(cache.resolve("disk-of-another-version.qcow2"), "old");
        Files.delete(make().disk());
        DiskGuest guest = make();
        assertFalse(Files.exists(old));
        try (Stream<Path> files = Files.list(cache)) {
            assertEquals(
                    2,
                    files.filter(file -> file.getFileName().toString().startsWith("disk-"))
                            .filter(file -> file.equals(guest.disk())
                                    || file.equals(guest.guest().initrd()))
                            .count());
        }
    }

    @Test
    void kernelPackageWithoutModulesIsRefused() throws Exception {
        apt.withoutModules("6.1.0-50");
        String message = assertThrows(GuestException.class, this::make).getMessage();
        assertTrue(message.contains("linux-image-" + RELEASE + ".deb has no file /lib/modules/" + RELEASE), message);
        assertTrue(message.contains("remove " + cache), message);
        assertFalse(Files.exists(cache.resolve("work")));
    }
}
