package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * Images in a machine's memory, and as files for QEMU's tools.
 *
 * @param machine has them
 * @param folder of the files
 */
record QcowImages(TestMachine machine, Path folder) {
    static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    void load(StorageRef where, Path file) throws IOException, StorageException {
        byte[] bytes = Files.readAllBytes(file);
        MemoryStorage storage = machine.storage(where);
        storage.resize(bytes.length);
        storage.write(0, MemorySegment.ofArray(bytes));
    }

    Path store(StorageRef from, String name) throws IOException {
        return Files.write(folder.resolve(name), machine.storage(from).bytes().toArray(ValueLayout.JAVA_BYTE));
    }

    /** Has QEMU make an image, and loads it. */
    Path create(StorageRef where, String options, long capacityBytes) throws Exception {
        Path image = folder.resolve("image.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, image, capacityBytes);
        load(where, image);
        return image;
    }

    static byte[] readAll(Storage disk) throws StorageException {
        byte[] all = new byte[(int) disk.capacityBytes()];
        disk.read(0, MemorySegment.ofArray(all));
        return all;
    }

    /** Writes what is random, or zeros, also into a model of the disk. */
    static void write(Storage disk, byte[] model, Random random, int times) throws StorageException {
        for (int i = 0; i < times; i++) {
            int offset = random.nextInt(model.length);
            int length = Math.min(random.nextInt(random.nextInt(4) == 0 ? 300_000 : 9000), model.length - offset);
            if (random.nextInt(5) == 0) {
                disk.zero(offset, length, true);
                Arrays.fill(model, offset, offset + length, (byte) 0);
            } else {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                disk.write(offset, MemorySegment.ofArray(bytes));
                System.arraycopy(bytes, 0, model, offset, length);
            }
        }
    }
}
