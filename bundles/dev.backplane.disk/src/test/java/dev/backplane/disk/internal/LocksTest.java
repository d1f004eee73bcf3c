package dev.backplane.disk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.testkit.image.Qemu;
import java.io.BufferedReader;
import java.io.Writer;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images are locked while they are in use, and QEMU's tools keep to the same locks. */
@Timeout(120)
class LocksTest {
    @TempDir
    Path folder = Path.of("");

    private final Bed bed = new Bed();
    private String image = "";

    @BeforeEach
    void make() {
        Qemu.require();
        image = folder.resolve("image.qcow2").toString();
        bed.must("create", "-q", "-f", "qcow2", image, "1M");
    }

    private DiskRequest reading() {
        return DiskRequest.of(image).as("qcow2");
    }

    private int qemuWrites() throws Exception {
        return Qemu.run("qemu-io", "-f", "qcow2", "-c", "write 0 512", image).status();
    }

    @Test
    void aSecondWriterIsRefusedAndToldWhoTheFirstIs() throws Exception {
        try (OpenDisk first = bed.disks.open(reading().forWriting())) {
            assertTrue(first.storage().isWritable());
            var refused = assertThrows(
                    ConfigurationException.class, () -> bed.disks.open(reading().forWriting()));
            assertTrue(refused.getMessage().contains("is in use"), refused::getMessage);
            String self = "process " + ProcessHandle.current().pid();
            assertTrue(refused.getMessage().contains(self), refused::getMessage);
            assertThrows(ConfigurationException.class, () -> bed.disks.open(reading()));
            bed.disks.open(reading().withoutLock()).close();
            assertEquals(1, qemuWrites());
            assertEquals(1, Qemu.run("qemu-img", "info", "-f", "qcow2", image).status());
            assertEquals(
                    0, Qemu.run("qemu-img", "info", "-U", "-f", "qcow2", image).status());
        }
        assertEquals(0, qemuWrites());
        bed.disks.open(reading().forWriting()).close();
    }

    @Test
    void readersStandBesideEachOtherAndKeepWritersAway() throws Exception {
        try (OpenDisk first = bed.disks.open(reading());
                OpenDisk second = bed.disks.open(reading())) {
            assertEquals(first.storage().capacityBytes(), second.storage().capacityBytes());
            assertThrows(
                    ConfigurationException.class, () -> bed.disks.open(reading().forWriting()));
            assertEquals(0, Qemu.run("qemu-img", "info", "-f", "qcow2", image).status());
            assertEquals(1, qemuWrites());
        }
    }

    @Test
    void whatQemuWritesIsRefusedAndQemuIsNamed() throws Exception {
        Process qemu = new ProcessBuilder("qemu-io", "-f", "qcow2", image)
                .redirectErrorStream(true)
                .start();
        try (BufferedReader said = qemu.inputReader();
                Writer commands = qemu.outputWriter()) {
            // Its answer says that it has the image open.
            commands.append("length\n").flush();
            String answer = said.readLine();
            assertTrue(answer != null && answer.contains("1 MiB"), "qemu-io said " + answer);
            var refused = assertThrows(
                    ConfigurationException.class, () -> bed.disks.open(reading().forWriting()));
            assertTrue(refused.getMessage().contains("process " + qemu.pid() + " (qemu-io)"), refused::getMessage);
        }
        assertEquals(0, qemu.waitFor());
        bed.disks.open(reading().forWriting()).close();
    }
}
