package dev.backplane.storage.qcow2.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images whose tables are damaged at random: our check says what QEMU's says, and what we repaired QEMU finds clean. */
@Timeout(300)
class CheckTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 3_000_320;

    @TempDir
    Path folder;

    private byte[] made(String options) throws Exception {
        Path image = folder.resolve("made.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, image, CAPACITY);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 9 0 700k", "-c", "write -P 3 1M 300k", image);
        Qemu.must("qemu-img", "snapshot", "-c", "before", image);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 5 200k 1200k", "-c", "write -z 1536k 256k", image);
        return Files.readAllBytes(image);
    }

    private static MemoryStorage storage(byte[] bytes) throws StorageException {
        MemoryStorage storage = new MemoryStorage();
        storage.resize(bytes.length);
        storage.write(0, MemorySegment.ofArray(bytes));
        return storage;
    }

    private Path store(MemoryStorage storage) throws Exception {
        return Files.write(folder.resolve("judged.qcow2"), storage.bytes().toArray(ValueLayout.JAVA_BYTE));
    }

    private static long number(Qemu.Said said, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\": (\\d+)").matcher(said.text());
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    @Test
    void aSoundImageIsFoundSoundWithQemusNumbers() throws Exception {
        Qemu.require();
        for (String options :
                new String[] {"cluster_size=65536", "cluster_size=512", "cluster_size=16k,extended_l2=on"}) {
            byte[] bytes = made(options);
            MemoryStorage storage = storage(bytes);
            CheckReport report = Checker.check(new Image(storage), CheckMode.REPORT);
            Qemu.Said said = Qemu.run("qemu-img", "check", "--output=json", "-f", "qcow2", store(storage));
            assertEquals(
                    0, report.corruptions() + report.leaks(), report.messages().toString());
            assertEquals(number(said, "allocated-clusters"), report.allocatedUnits(), options);
            assertEquals(number(said, "total-clusters"), report.totalUnits(), options);
            assertEquals(
                    number(said, "image-end-offset"), report.imageEndOffset().orElse(0), options);
        }
    }

    @Test
    void damagedTablesAreFoundAsQemuFindsThemAndRepaired() throws Exception {
        Qemu.require();
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int rounds = Integer.getInteger("backplane.damages", 25);
        byte[] good = made("cluster_size=4096");
        Header header = Header.read(new Image(storage(good)));
        for (int round = 0; round < rounds; round++) {
            byte[] bad = good.clone();
            damage(bad, header, random);
            String when = "seed " + seed + " round " + round;
            MemoryStorage storage = storage(bad);
            Qemu.Said said = Qemu.run("qemu-img", "check", "--output=json", "-f", "qcow2", store(storage));
            CheckReport report = Checker.check(new Image(storage), CheckMode.REPORT);
            assertEquals(
                    number(said, "corruptions") > 0,
                    report.corruptions() > 0,
                    () -> when + ": " + said + report.messages());
            if (number(said, "corruptions") == 0) {
                assertEquals(number(said, "leaks"), report.leaks(), () -> when + ": " + said + report.messages());
            }
            if (report.corruptions() == 0) {
                Checker.check(new Image(storage), CheckMode.REPAIR_LEAKS);
            } else {
                Checker.check(new Image(storage), CheckMode.REPAIR_ALL);
            }
            CheckReport after = Checker.check(new Image(storage), CheckMode.REPORT);
            assertEquals(0, after.corruptions() + after.leaks(), () -> when + ": " + after.messages());
            Qemu.Said repaired = Qemu.run("qemu-img", "check", "-f", "qcow2", store(storage));
            assertEquals(0, repaired.status(), () -> when + ": " + repaired);
            write(storage);
        }
    }

    /** A count, a mark or a place changes. */
    private static void damage(byte[] image, Header header, Random random) {
        var bytes = java.nio.ByteBuffer.wrap(image);
        int l1 = (int) header.l1Offset();
        int l2 = (int) (bytes.getLong(l1) & Mapping.OFFSET);
        int block = (int) bytes.getLong((int) header.refcountTableOffset());
        for (int i = 0; i < 1 + random.nextInt(3); i++) {
            int entry = l2 + 8 * random.nextInt(500);
            switch (random.nextInt(5)) {
                case 0 -> bytes.putShort(block + 2 * random.nextInt(image.length / 4096), (short) random.nextInt(4));
                case 1 -> bytes.putLong(entry, bytes.getLong(entry) ^ Mapping.COPIED);
                case 2 -> bytes.putLong(entry, 0);
                case 3 -> bytes.putLong(entry, random.nextInt(image.length / 4096) * 4096L | Mapping.COPIED);
                default -> bytes.putShort(block + 2 * random.nextInt(image.length / 4096), (short) 0);
            }
        }
    }

    /** What was repaired can be written. Clusters that the damage had two entries share may lose one of their uses by that. */
    private void write(MemoryStorage repaired) throws Exception {
        TestMachine machine = new TestMachine();
        machine.storage(IMAGE).resize(repaired.capacityBytes());
        machine.storage(IMAGE).write(0, repaired.bytes());
        try (var bench = StorageBench.make(new QcowFormat(), new QcowOptions(IMAGE, Optional.empty()), machine)) {
            bench.resume(Resumption.STARTED);
            bench.layer().write(0, MemorySegment.ofArray(new byte[500_000]));
            bench.layer().flush();
        }
        Checker.check(new Image(machine.storage(IMAGE)), CheckMode.REPAIR_ALL);
        Qemu.checkClean("qcow2", store(machine.storage(IMAGE)));
    }

    @Test
    void whatIsTooDamagedToBeCheckedIsAnErrorAndNothingWorse() throws Exception {
        Qemu.require();
        Random random = new Random(7);
        byte[] good = made("cluster_size=4096");
        for (int round = 0; round < 200; round++) {
            byte[] bad = good.clone();
            for (int i = 0; i < 1 + random.nextInt(40); i++) {
                bad[random.nextBoolean() ? random.nextInt(120) : random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            try {
                MemoryStorage storage = storage(bad);
                Checker.check(new Image(storage), CheckMode.REPAIR_ALL);
                assertTrue(storage.capacityBytes() < 64 << 20, "it does not grow without bound");
            } catch (StorageException e) {
                // An error is what it should be.
            }
        }
    }
}
