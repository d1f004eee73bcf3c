package dev.backplane.machine.pc.internal.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.machine.BootSource;
import dev.backplane.api.part.ConfigurationException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Multiboot specification 0.6.96, sections 3.1 to 3.3. */
class MultibootLoaderTest {
    private static final long INFO = 0x3000;

    @TempDir
    Path folder;

    private final TestBoot boot;

    MultibootLoaderTest() throws ConfigurationException {
        boot = new TestBoot();
    }

    private static ByteBuffer fields(byte[] image) {
        return ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void assertRefused(byte[] kernel, String... words) {
        String message = assertThrows(ConfigurationException.class, () -> boot.load(kernel))
                .getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }

    @Test
    void an32BitElfIsEnteredAtItsEntryPointWithTheMagicInEax() throws Exception {
        VcpuState state = boot.load(TestImages.elf32(true));
        assertEquals(TestImages.LOAD + TestImages.ENTRY, state.rip());
        assertEquals(0x2bad_b002, state.general()[BootProcessor.RAX]);
        assertEquals(INFO, state.general()[BootProcessor.RBX]);
        assertEquals(0x11, state.cr0());
        assertEquals(0, state.rflags() & (1 << 9 | 1 << 17), "IF and VM");
        assertEquals(
                new Segment(0x10, 0, 0xffff_ffffL, 0xc09b), state.segments().get(1));
        assertEquals(
                new Segment(0x18, 0, 0xffff_ffffL, 0xc093), state.segments().get(3));
    }

    @Test
    void aFlatFileIsLoadedWhereItsHeaderSays() throws Exception {
        VcpuState state = boot.load(TestImages.multibootKludge());
        assertEquals(TestImages.LOAD + TestImages.ENTRY, state.rip());
        assertEquals(0x1bad_b002, boot.memory().u32(TestImages.LOAD));
        byte[] behindHeader = Arrays.copyOfRange(TestImages.CODE, 32, TestImages.CODE.length);
        assertArrayEquals(behindHeader, boot.memory().bytes(TestImages.LOAD + 32, behindHeader.length));
        int zeros = TestImages.CODE_MEMORY - TestImages.CODE.length;
        assertArrayEquals(new byte[zeros], boot.memory().bytes(TestImages.LOAD + TestImages.CODE.length, zeros));
    }

    @Test
    void aFlatFileWithoutEndsIsLoadedWholeAndHasNoZeros() throws Exception {
        byte[] file = TestImages.multibootKludge();
        fields(file).putInt(36, 0).putInt(40, 0);
        boot.load(file);
        assertArrayEquals(
                Arrays.copyOfRange(file, 16, file.length), boot.memory().bytes(TestImages.LOAD, file.length - 16));
    }

    @Test
    void theInformationHasMemoryCommandLineMapAndName() throws Exception {
        boot.cmdline = "test arguments";
        boot.load(TestImages.elf32(true));
        int flags = boot.memory().u32(INFO);
        assertEquals(1 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9, flags);
        assertEquals(639, boot.memory().u32(INFO + 4));
        assertEquals(3 * 1024, boot.memory().u32(INFO + 8));
        assertEquals("test arguments", boot.text(boot.memory().u32(INFO + 16)));
        assertEquals("Backplane", boot.text(boot.memory().u32(INFO + 64)));
        List<String> map = new ArrayList<>();
        long at = boot.memory().u32(INFO + 48);
        long end = at + boot.memory().u32(INFO + 44);
        while (at < end) {
            map.add("%x+%x %d"
                    .formatted(
                            boot.memory().u64(at + 4),
                            boot.memory().u64(at + 12),
                            boot.memory().u32(at + 20)));
            at += boot.memory().u32(at) + 4;
        }
        assertEquals(6, map.size());
        assertEquals("0+9fc00 1", map.get(0));
        assertEquals("100000+300000 1", map.get(3));
    }

    @Test
    void modulesFollowTheKernelOnPagesOfTheirOwn() throws Exception {
        boot.modules.add(new BootSource.Module(Files.write(folder.resolve("a"), new byte[] {7}), "first"));
        boot.modules.add(new BootSource.Module(Files.write(folder.resolve("b"), new byte[] {8, 9}), "second"));
        boot.load(TestImages.elf32(true));
        assertEquals(2, boot.memory().u32(INFO + 20));
        long list = boot.memory().u32(INFO + 24);
        long first = TestImages.LOAD + TestImages.CODE_MEMORY;
        assertEquals(first, boot.memory().u32(list));
        assertEquals(first + 1, boot.memory().u32(list + 4));
        assertEquals("first", boot.text(boot.memory().u32(list + 8)));
        assertEquals(first + 0x1000, boot.memory().u32(list + 16));
        assertEquals(first + 0x1002, boot.memory().u32(list + 20));
        assertArrayEquals(new byte[] {8, 9}, boot.memory().bytes(first + 0x1000, 2));
    }

    @Test
    void requirementsThatAreNotKnownAreRefused() {
        byte[] elf = TestImages.elf32(true);
        fields(elf).putInt(0x104, 3 | 1 << 5).putInt(0x108, -(0x1bad_b002 + (3 | 1 << 5)));
        assertRefused(elf, "0x20");
    }

    @Test
    void aHeaderWithAWrongChecksumIsNone() {
        byte[] elf = TestImages.elf32(true);
        fields(elf).putInt(0x108, 1);
        assertRefused(elf, "none of");
    }

    @Test
    void addressesThatContradictEachOtherAreRefused() {
        int[][] changes = {
            {28, 0x0f_0000},
            {32, 0x20_0000},
            {36, 0x0f_0000},
            {40, 0x10_0010},
            {44, 0x20_0000},
            {36, 0x7fff_ffff},
            {28, -1},
        };
        for (int[] change : changes) {
            byte[] file = TestImages.multibootKludge();
            fields(file).putInt(change[0], change[1]);
            assertRefused(file);
        }
    }

    @Test
    void aHeaderAtTheVeryEndOfTheFileIsTruncated() {
        byte[] file = Arrays.copyOf(TestImages.multibootKludge(), 16 + 12);
        assertRefused(file, "truncated");
    }
}
