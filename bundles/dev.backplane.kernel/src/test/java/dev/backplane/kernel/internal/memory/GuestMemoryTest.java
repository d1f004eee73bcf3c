package dev.backplane.kernel.internal.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.memory.GuestAddressException;
import dev.backplane.api.memory.Lease;
import dev.backplane.api.memory.RamRange;
import dev.backplane.natives.Host;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.file.OpenMode;
import dev.backplane.natives.internal.LinuxHost;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.Protection;
import dev.backplane.natives.memory.Sharing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {
    private static final long HIGH = 1L << 32;

    private final GuestRam ram =
            new GuestRam(List.of(new RamRange(0, 0x10000), new RamRange(HIGH, 0x8000)), new PlainBacking(0x18000));
    private final PartMemory part = new PartMemory(ram);
    private final List<String> written = new ArrayList<>();

    @AfterEach
    void close() {
        part.close();
        ram.close();
    }

    @Test
    void rangesOutsideAndAcrossRamAreRefused() {
        assertTrue(part.contains(0, 0x10000));
        assertTrue(part.contains(HIGH + 0x7fff, 1));
        assertTrue(part.contains(0x10000, 0));
        assertFalse(part.contains(0xffff, 2));
        assertFalse(part.contains(0x10000, 1));
        assertFalse(part.contains(HIGH - 1, 2));
        assertFalse(part.contains(-1, 1));
        assertFalse(part.contains(1, -1));
        assertFalse(part.contains(1, Long.MAX_VALUE));
        assertFalse(part.contains(Long.MAX_VALUE, Long.MAX_VALUE));
        assertThrows(GuestAddressException.class, () -> part.read(0xffff, 2));
        assertEquals(0, part.openLeases());
    }

    @Test
    void theSecondRangeFollowsTheFirstInTheSegment() {
        try (Lease lease = part.write(HIGH + 4, 4)) {
            lease.segment().set(ValueLayout.JAVA_INT, 0, 42);
        }
        assertEquals(42, part.segment().get(ValueLayout.JAVA_INT, 0x10004));
    }

    @Test
    void closingAWriteLeaseMarksItsPagesAndTellsTheEngine() {
        ram.observe((offset, length) -> written.add(offset + "+" + length));
        Lease lease = part.write(0x1ffe, 4);
        assertEquals(1, part.openLeases());
        assertEquals(List.of(), written);
        assertFalse(ram.dirty().isDirty(0x1ffe));
        lease.close();
        lease.close();
        assertEquals(0, part.openLeases());
        assertEquals(List.of("8190+4"), written);
        assertTrue(ram.dirty().isDirty(0x1000));
        assertTrue(ram.dirty().isDirty(0x2000));
        assertFalse(ram.dirty().isDirty(0x3000));
        assertThrows(IllegalStateException.class, lease::segment);
    }

    @Test
    void aReadLeaseCannotWriteAndMarksNothing() {
        try (Lease lease = part.read(0, 8)) {
            assertThrows(IllegalArgumentException.class, () -> lease.segment().set(ValueLayout.JAVA_LONG, 0, 1));
        }
        assertFalse(ram.dirty().isDirty(0));
    }

    @Test
    void pagesThatAreReleasedReadAsZerosAndCountAsWritten() {
        part.segment().fill((byte) 7);
        ram.observe((offset, length) -> written.add(offset + "+" + length));
        part.release(HIGH + 0x1000, 0x2000);
        assertEquals(7, part.segment().get(ValueLayout.JAVA_BYTE, 0x10fff));
        assertEquals(-1, part.segment().asSlice(0x11000, 0x2000).mismatch(MemorySegment.ofArray(new byte[0x2000])));
        assertEquals(7, part.segment().get(ValueLayout.JAVA_BYTE, 0x13000));
        assertEquals(List.of(0x11000 + "+" + 0x2000), written);
        assertTrue(ram.dirty().isDirty(0x11000)
                && ram.dirty().isDirty(0x12000)
                && !ram.dirty().isDirty(0x13000));
        assertEquals(0, part.openLeases());
    }

    /** On this host's own kind of memory, through a mapping of the file of its own as a CPU backend may have one. */
    @Test
    void pagesThatTheHostTakesBackReadAsZerosInEveryMapping() throws Exception {
        Host host = new LinuxHost();
        RamBacking backing = new HostRam(host).allocate("test", 0x4000);
        try (HostFile file =
                        host.files().open(Path.of("/proc/self/fd/" + backing.fileDescriptor()), OpenMode.READ_WRITE);
                HostMapping other = host.memory().map(file, 0, 0x4000, Protection.READ_WRITE, Sharing.SHARED)) {
            other.segment().fill((byte) 7);
            backing.release(0x1000, 0x2000);
            for (MemorySegment bytes : List.of(backing.segment(), other.segment())) {
                assertEquals(7, bytes.get(ValueLayout.JAVA_BYTE, 0xfff));
                assertEquals(-1, bytes.asSlice(0x1000, 0x2000).mismatch(MemorySegment.ofArray(new byte[0x2000])));
                assertEquals(7, bytes.get(ValueLayout.JAVA_BYTE, 0x3000));
            }
            backing.segment().set(ValueLayout.JAVA_BYTE, 0x1000, (byte) 5);
            assertEquals(5, other.segment().get(ValueLayout.JAVA_BYTE, 0x1000));
        } finally {
            backing.close();
        }
    }

    @Test
    void onlyWholePagesOfRamAreReleased() {
        for (long[] range : new long[][] {{1, 4096}, {0, 4095}, {0xf000, 0x2000}, {0x10000, 4096}, {0, -4096}}) {
            assertThrows(GuestAddressException.class, () -> part.release(range[0], range[1]));
        }
        part.release(0, 0);
    }

    @Test
    void theLeasesOfARevokedPartAreUnusableAndThoseOfOthersAreNot() {
        PartMemory other = new PartMemory(ram);
        MemorySegment lost = part.write(0, 8).segment();
        try (Lease kept = other.write(8, 8)) {
            part.close();
            assertThrows(IllegalStateException.class, () -> lost.set(ValueLayout.JAVA_LONG, 0, 1));
            assertThrows(IllegalStateException.class, () -> part.read(0, 8));
            kept.segment().set(ValueLayout.JAVA_LONG, 0, 1);
        }
        other.close();
    }

    @Test
    void dirtyPagesAreTheOnesThatWereMarkedSinceTheyWereTaken() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        DirtyPages pages = new DirtyPages(1 << 24);
        BitSet expected = new BitSet();
        for (int i = 0; i < 500; i++) {
            long offset = random.nextInt(1 << 24);
            long length = random.nextInt(20_000);
            length = Math.min(length, (1 << 24) - offset);
            pages.mark(offset, length);
            if (length > 0) {
                expected.set((int) (offset >> 12), (int) (offset + length - 1 >> 12) + 1);
            }
        }
        for (int word = 0; word < pages.words(); word++) {
            long bits = pages.take(word);
            for (int i = 0; i < 64; i++) {
                assertEquals(expected.get(word * 64 + i), (bits >> i & 1) != 0, "seed " + seed);
            }
            assertEquals(0, pages.take(word));
        }
    }
}
