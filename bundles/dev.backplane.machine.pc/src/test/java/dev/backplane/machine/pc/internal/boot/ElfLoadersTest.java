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
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ELF executables: entered as Linux's vmlinux is, by PVH, or refused. */
class ElfLoadersTest {
    private static final long INFO = 0x3000;

    @TempDir
    Path folder;

    private final TestBoot boot;

    ElfLoadersTest() throws ConfigurationException {
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
    void a64BitKernelIsEnteredInLongModeAtThePhysicalAddressOfItsEntryPoint() throws Exception {
        VcpuState state = boot.load(TestImages.elf64(false));
        assertEquals(TestImages.LOAD + TestImages.ENTRY, state.rip());
        assertEquals(0x8000_0011L, state.cr0());
        assertEquals(0x2000, state.general()[BootProcessor.RSI]);
        assertArrayEquals(TestImages.CODE, boot.memory().bytes(TestImages.LOAD, TestImages.CODE.length));
        assertEquals(0x5372_6448, boot.memory().u32(0x2202), "Linux finds a header");
    }

    @Test
    void anEntryPointThatIsPhysicalAlreadyIsTakenAsItIs() throws Exception {
        byte[] elf = TestImages.elf64(false);
        fields(elf).putLong(24, TestImages.LOAD + 8);
        assertEquals(TestImages.LOAD + 8, boot.load(elf).rip());
    }

    @Test
    void zerosFollowTheContentOfASegmentAlsoAfterAReset() throws Exception {
        boot.load(TestImages.elf64(false));
        boot.memory().write(TestImages.LOAD, TestImages.CODE_MEMORY).segment().fill((byte) 0xcc);
        boot.load(TestImages.elf64(false));
        int zeros = TestImages.CODE_MEMORY - TestImages.CODE.length;
        assertArrayEquals(new byte[zeros], boot.memory().bytes(TestImages.LOAD + TestImages.CODE.length, zeros));
    }

    @Test
    void damagedHeadersAreRefusedWithWhatIsWrong() {
        byte[] elf = TestImages.elf64(false);
        fields(elf).putShort(56, (short) 0);
        assertRefused(elf, "0 program headers");
        elf = TestImages.elf64(false);
        fields(elf).putShort(56, (short) 30_000);
        assertRefused(elf, "30000 program headers");
        elf = TestImages.elf64(false);
        fields(elf).putLong(32, Long.MAX_VALUE - 8);
        assertRefused(elf, "program headers", "truncated or damaged");
        elf = TestImages.elf64(false);
        fields(elf).putLong(72, -1);
        assertRefused(elf, "segment 0", "truncated or damaged");
        elf = TestImages.elf64(false);
        fields(elf).putLong(104, 16);
        assertRefused(elf, "segment 0", "damaged");
        elf = TestImages.elf64(false);
        fields(elf).putLong(104, -1);
        assertRefused(elf, "segment 0", "damaged");
        elf = TestImages.elf64(false);
        fields(elf).putLong(88, 0xffff_ffff_8000_0000L);
        assertRefused(elf, "segment 0", "below 4 GiB");
        elf = TestImages.elf64(false);
        fields(elf).putLong(24, 0x1234);
        assertRefused(elf, "entry point 0x1234");
        elf = TestImages.elf64(false);
        fields(elf).putInt(64, 5);
        assertRefused(elf, "no segment");
    }

    @Test
    void segmentsWhereThereIsNoRamOrSomethingElseAreRefusedWithBothNames() {
        byte[] elf = TestImages.elf64(false);
        fields(elf).putLong(88, 0x9_f000);
        assertRefused(elf, "segment 0", "0x9f000-0xa1fff", "not RAM");
        elf = TestImages.elf64(false);
        fields(elf).putLong(88, 0x4000).putLong(24, 0x4000);
        assertRefused(elf, "page tables", "overlaps", "segment 0");
    }

    @Test
    void atEveryLengthATruncatedElfIsRefused() {
        for (boolean pvh : new boolean[] {false, true}) {
            byte[] elf = TestImages.elf64(pvh);
            for (int length = 0; length < elf.length; length += length < 0x200 ? 1 : 97) {
                if (length != 512) {
                    assertRefused(Arrays.copyOf(elf, length));
                }
            }
        }
    }

    @Test
    void anElfOf32BitsWithNoProtocolIsNoKernel() {
        assertRefused(TestImages.elf32(false), "7f 45 4c 46", "multiboot", "PVH", "bzImage", "boot sector");
    }

    @Test
    void anElfForAnotherProcessorIsNoKernel() {
        byte[] elf = TestImages.elf64(false);
        fields(elf).putShort(18, (short) 183);
        assertRefused(elf, "none of");
    }

    @Test
    void pvhIsEnteredIn32BitProtectedModeWithItsStartInfo() throws Exception {
        VcpuState state = boot.load(TestImages.elf64(true));
        assertEquals(TestImages.LOAD + TestImages.ENTRY, state.rip());
        assertEquals(INFO, state.general()[BootProcessor.RBX]);
        assertEquals(0x11, state.cr0());
        assertEquals(0, state.cr4());
        assertEquals(0, state.msrs().getFirst().value(), "EFER");
        assertEquals(2, state.rflags());
        assertEquals(
                new Segment(0x10, 0, 0xffff_ffffL, 0xc09b), state.segments().get(1));
        assertEquals(
                new Segment(0x18, 0, 0xffff_ffffL, 0xc093), state.segments().get(2));
        assertEquals(0x8b, state.segments().get(7).attributes());
        assertEquals(0x00cf_9b00_0000_ffffL, boot.memory().u64(state.gdtr().base() + 0x10));
    }

    @Test
    void theStartInfoLeadsToCommandLineRsdpMapAndModules() throws Exception {
        Path initrd = Files.write(folder.resolve("initrd"), new byte[] {1, 2, 3});
        Path other = Files.write(folder.resolve("other"), new byte[5000]);
        boot.initrd = Optional.of(initrd);
        boot.modules.add(new BootSource.Module(other, "second one"));
        boot.cmdline = "pvh=1";
        boot.load(TestImages.elf64(true));
        assertEquals(0x336e_c578, boot.memory().u32(INFO));
        assertEquals(1, boot.memory().u32(INFO + 4));
        assertEquals(2, boot.memory().u32(INFO + 12));
        assertEquals("pvh=1", boot.text(boot.memory().u64(INFO + 24)));
        assertEquals(TestBoot.RSDP, boot.memory().u64(INFO + 32));
        long map = boot.memory().u64(INFO + 40);
        List<String> regions = new ArrayList<>();
        for (int i = 0; i < boot.memory().u32(INFO + 48); i++) {
            regions.add("%x+%x %d"
                    .formatted(
                            boot.memory().u64(map + 24 * i),
                            boot.memory().u64(map + 24 * i + 8),
                            boot.memory().u32(map + 24 * i + 16)));
        }
        assertTrue(regions.contains("100000+300000 1") && regions.contains("e0000+20000 2"), regions.toString());
        long modules = boot.memory().u64(INFO + 16);
        long first = TestImages.LOAD + TestImages.CODE_MEMORY;
        assertEquals(first, boot.memory().u64(modules));
        assertEquals(3, boot.memory().u64(modules + 8));
        assertArrayEquals(new byte[] {1, 2, 3}, boot.memory().bytes(first, 3));
        assertEquals(first + 0x1000, boot.memory().u64(modules + 32));
        assertEquals(5000, boot.memory().u64(modules + 40));
        assertEquals("second one", boot.text(boot.memory().u64(modules + 48)));
    }

    @Test
    void aPvhEntryPointOutsideOfTheKernelIsRefused() {
        byte[] elf = TestImages.elf64(true);
        fields(elf).putInt(0x100 + 24 + 16, 0x500);
        assertRefused(elf, "PVH", "0x500");
    }

    @Test
    void moreModulesThanThereIsRoomForAreRefused() throws Exception {
        Path file = Files.write(folder.resolve("module"), new byte[1]);
        for (int i = 0; i < 33; i++) {
            boot.modules.add(new BootSource.Module(file, ""));
        }
        assertRefused(TestImages.elf64(true), "modules", "33", "32");
    }

    @Test
    void commandLinesThatFillTheirRoomAreRefusedWithWhatIsLeft() throws Exception {
        boot.cmdline = "x".repeat(0xfff0);
        boot.load(TestImages.elf64(true));
        boot.modules.add(new BootSource.Module(Files.write(folder.resolve("m"), new byte[1]), "y".repeat(20)));
        assertRefused(TestImages.elf64(true), "modules", "20 bytes", "room for 14");
    }
}
