package dev.backplane.image.luks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.storage.StorageException;
import dev.backplane.testkit.MemoryStorage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class EncryptedBytesTest {
    private static final int CAPACITY = 1 << 20;

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    private record Memory(MemoryStorage storage) implements Ciphertext {
        @Override
        public void read(long offset, MemorySegment target) throws StorageException {
            storage.read(offset, target);
        }

        @Override
        public void write(long offset, MemorySegment source) throws StorageException {
            storage.write(offset, source);
        }
    }

    private static LuksKey key() {
        byte[] key = new byte[64];
        new Random(1).nextBytes(key);
        return new LuksKey(LuksChoice.Cipher.AES_256.xts(), key);
    }

    private static MemoryStorage memory() throws StorageException {
        MemoryStorage memory = new MemoryStorage();
        memory.resize(CAPACITY);
        return memory;
    }

    @Test
    void whatIsWrittenAnywhereIsReadAnywhereAndStandsNowhereAsItIs() throws Exception {
        Random random = random();
        MemoryStorage below = memory();
        EncryptedBytes bytes = new EncryptedBytes(new Memory(below), key());
        byte[] model = new byte[CAPACITY];
        bytes.zero(0, CAPACITY);
        for (int i = 0; i < 500; i++) {
            int length = random.nextInt(random.nextInt(10) == 0 ? 400_000 : 2000);
            int offset = random.nextInt(CAPACITY - length + 1);
            byte[] some = new byte[length];
            if (random.nextInt(4) == 0) {
                bytes.zero(offset, length);
            } else {
                random.nextBytes(some);
                bytes.write(offset, MemorySegment.ofArray(some));
            }
            System.arraycopy(some, 0, model, offset, length);
            int from = random.nextInt(CAPACITY);
            byte[] read = new byte[random.nextInt(CAPACITY - from + 1)];
            bytes.read(from, MemorySegment.ofArray(read));
            assertArrayEquals(Arrays.copyOfRange(model, from, from + read.length), read);
        }
        byte[] stored = below.bytes().toArray(ValueLayout.JAVA_BYTE);
        for (int at = 0; at < CAPACITY; at += 16) {
            assertFalse(Arrays.equals(stored, at, at + 16, model, at, at + 16), "a block stands there as it is");
        }
        bytes.close();
        // Never with a key that is gone.
        byte[] sector = new byte[512];
        assertThrows(IllegalStateException.class, () -> bytes.read(0, MemorySegment.ofArray(sector)));
        assertThrows(IllegalStateException.class, () -> bytes.write(0, MemorySegment.ofArray(sector)));
        assertArrayEquals(stored, below.bytes().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void writersOfOneSectorDoNotDisturbEachOther() throws Exception {
        EncryptedBytes bytes = new EncryptedBytes(new Memory(memory()), key());
        bytes.zero(0, CAPACITY);
        List<FutureTask<?>> tasks = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int own = i;
            FutureTask<?> task = new FutureTask<>(() -> {
                for (int round = 1; round <= 300; round++) {
                    byte[] some = new byte[100];
                    Arrays.fill(some, (byte) round);
                    // 100 bytes each, one behind the other: no sector belongs to one alone.
                    bytes.write(own * 100, MemorySegment.ofArray(some));
                    byte[] read = new byte[100];
                    bytes.read(own * 100, MemorySegment.ofArray(read));
                    assertArrayEquals(some, read);
                }
                return null;
            });
            tasks.add(task);
            Thread.ofPlatform().daemon().start(task);
        }
        for (FutureTask<?> task : tasks) {
            task.get();
        }
    }
}
