package dev.backplane.machine.pc.internal.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.machine.BootSource;
import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documentation/arch/x86/boot.rst and zero-page.rst. */
class BzImageLoaderTest {
    private static final long ZERO_PAGE = 0x2000;

    @TempDir
    Path folder;

    private final TestBoot boot;

    BzImageLoaderTest() throws ConfigurationException {
        boot = new TestBoot();
    }

    enum Packer {
        GZIP {
            @Override
            byte[] pack(byte[] content) throws IOException {
                return TestImages.gzip(content);
            }
        },
        XZ {
            @Override
            byte[] pack(byte[] content) throws IOException {
                return TestImages.xz(content);
            }
        },
        LZMA {
            @Override
            byte[] pack(byte[] content) throws IOException {
                return TestImages.lzma(content);
            }
        },
        ZSTD {
            @Override
            byte[] pack(byte[] content) {
                return TestImages.zstd(content);
            }
        },
        LZ4 {
            @Override
            byte[] pack(byte[] content) {
                return TestImages.lz4(content);
            }
        };

        abstract byte[] pack(byte[] content) throws IOException;
    }

    private static byte[] elfWithRelocations() {
        byte[] elf = TestImages.elf64(false);
        return Arrays.copyOf(elf, elf.length + 64);
    }

    private ConfigurationException refused(byte[] kernel) {
        return assertThrows(ConfigurationException.class, () -> boot.load(kernel));
    }

    private void assertRefused(byte[] kernel, String... words) {
        String message = refused(kernel).getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }

    private static ByteBuffer fields(byte[] image) {
        return ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    }

    @ParameterizedTest
    @EnumSource
    void theKernelProperIsUnpackedAndEnteredAtItsOwnEntryPoint(Packer packer) throws Exception {
        VcpuState state = boot.load(TestImages.bzImage(packer.pack(elfWithRelocations())));
        assertEquals(TestImages.LOAD + TestImages.ENTRY, state.rip());
        assertArrayEquals(TestImages.CODE, boot.memory().bytes(TestImages.LOAD, TestImages.CODE.length));
        int zeros = TestImages.CODE_MEMORY - TestImages.CODE.length;
        assertArrayEquals(new byte[zeros], boot.memory().bytes(TestImages.LOAD + TestImages.CODE.length, zeros));
        assertEquals(0, boot.memory().openLeases());
    }

    @Test
    void aPayloadOfUnknownCompressionIsEnteredAsItIs() throws Exception {
        byte[] payload = "BZh9 unpacks itself".getBytes();
        VcpuState state = boot.load(TestImages.bzImage(payload));
        assertEquals(TestImages.LOAD + 0x200, state.rip());
        assertArrayEquals(payload, boot.memory().bytes(TestImages.LOAD + 0x240, payload.length));
        assertEquals((int) TestImages.LOAD, boot.memory().u32(ZERO_PAGE + 0x214));
    }

    @Test
    void theProcessorIsInLongModeWithFlatSegmentsAndInterruptsOff() throws Exception {
        VcpuState state = boot.load(TestImages.bzImage(TestImages.gzip(elfWithRelocations())));
        assertEquals(0x8000_0011L, state.cr0());
        assertEquals(0x20, state.cr4());
        assertEquals(0x500, state.msrs().getFirst().value());
        assertEquals(2, state.rflags());
        assertEquals(
                new Segment(0x10, 0, 0xffff_ffffL, 0xa09b), state.segments().get(1));
        for (int data : new int[] {0, 2, 3, 4, 5}) {
            assertEquals(
                    new Segment(0x18, 0, 0xffff_ffffL, 0xc093), state.segments().get(data));
        }
        assertEquals(0x00af_9b00_0000_ffffL, boot.memory().u64(state.gdtr().base() + 0x10));
        assertEquals(0x00cf_9300_0000_ffffL, boot.memory().u64(state.gdtr().base() + 0x18));
        assertEquals(ZERO_PAGE, state.general()[BootProcessor.RSI]);
    }

    @Test
    void theFirstFourGibibytesAreMappedToThemselves() throws Exception {
        VcpuState state = boot.load(TestImages.bzImage(TestImages.gzip(elfWithRelocations())));
        for (long address : new long[] {0, ZERO_PAGE, TestImages.LOAD, 0xc000_0000L, 0xffff_ffffL}) {
            long entry = boot.memory().u64(state.cr3() + (address >>> 39 & 0x1ff) * 8);
            entry = boot.memory().u64((entry & ~0xfffL) + (address >>> 30 & 0x1ff) * 8);
            entry = boot.memory().u64((entry & ~0xfffL) + (address >>> 21 & 0x1ff) * 8);
            assertEquals(address & ~0x1f_ffffL | 0x83, entry, "present, writable, large");
        }
    }

    @Test
    void theZeroPageCarriesTheHeaderAndWhatTheLoaderKnows() throws Exception {
        byte[] image = TestImages.bzImage(TestImages.gzip(elfWithRelocations()));
        boot.cmdline = "console=ttyS0 quiet";
        boot.load(image);
        assertEquals(0x5372_6448, boot.memory().u32(ZERO_PAGE + 0x202));
        assertEquals(0x20f, boot.memory().u32(ZERO_PAGE + 0x206) & 0xffff);
        assertEquals(0xff, boot.memory().u32(ZERO_PAGE + 0x210) & 0xff);
        assertEquals(0, boot.memory().u32(ZERO_PAGE + 0x1ef) & 0xff, "sentinel");
        assertEquals(TestBoot.RSDP, boot.memory().u64(ZERO_PAGE + 0x70));
        assertEquals("console=ttyS0 quiet", boot.text(boot.memory().u32(ZERO_PAGE + 0x228)));
        assertEquals(0, boot.memory().u32(ZERO_PAGE + 0x21c), "no initial RAM disk");
    }

    @Test
    void theMemoryMapLeavesOutVideoFirmwareAndTheHole() throws Exception {
        boot.load(TestImages.bzImage(TestImages.gzip(elfWithRelocations())));
        List<String> map = new ArrayList<>();
        int entries = boot.memory().bytes(ZERO_PAGE + 0x1e8, 1)[0];
        for (int i = 0; i < entries; i++) {
            long at = ZERO_PAGE + 0x2d0 + 20L * i;
            map.add("%x+%x %d"
                    .formatted(
                            boot.memory().u64(at),
                            boot.memory().u64(at + 8),
                            boot.memory().u32(at + 16)));
        }
        assertEquals(
                List.of(
                        "0+9fc00 1",
                        "9fc00+400 2",
                        "e0000+20000 2",
                        "100000+300000 1",
                        "e0000000+10000000 2",
                        "feffc000+4000 2"),
                map);
    }

    @Test
    void theInitialRamDiskLiesAsHighAsItMay() throws Exception {
        byte[] archive = Cpio.archive("init", "#!/bin/sh\n");
        boot.initrd = Optional.of(Files.write(folder.resolve("initrd"), archive));
        boot.load(TestImages.bzImage(TestImages.gzip(elfWithRelocations())));
        assertEquals(0x3f_f000, boot.memory().u32(ZERO_PAGE + 0x218));
        assertEquals(archive.length, boot.memory().u32(ZERO_PAGE + 0x21c));
        assertArrayEquals(archive, boot.memory().bytes(0x3f_f000, archive.length));
    }

    @Test
    void theInitialRamDiskRespectsTheKernelsLimit() throws Exception {
        boot.initrd = Optional.of(Files.write(folder.resolve("initrd"), Cpio.archive("init", "x")));
        byte[] image = TestImages.bzImage(TestImages.gzip(elfWithRelocations()), "7.0");
        fields(image).putInt(0x22c, 0x2f_ffff);
        boot.load(image);
        assertEquals(0x2f_f000, boot.memory().u32(ZERO_PAGE + 0x218));
    }

    @Test
    void anInitialRamDiskThatDoesNotFitIsRefusedWithTheRoomThereIs() throws Exception {
        boot.initrd = Optional.of(Files.write(folder.resolve("initrd"), new byte[3 << 20]));
        assertRefused(
                TestImages.bzImage(TestImages.gzip(elfWithRelocations())), "initrd", "3145728 bytes", "more memory");
    }

    @Test
    void aCommandLineThatIsTooLongIsRefusedWithTheKernelsLimit() throws Exception {
        boot.cmdline = "x".repeat(2048);
        assertRefused(TestImages.bzImage(TestImages.gzip(elfWithRelocations())), "cmdline", "2048", "2047");
        boot.cmdline = "x".repeat(2047);
        boot.load(TestImages.bzImage(TestImages.gzip(elfWithRelocations())));
        boot.cmdline = "a\0b";
        assertRefused(TestImages.bzImage(TestImages.gzip(elfWithRelocations())), "NUL");
    }

    @Test
    void modulesAreRefused() throws Exception {
        boot.modules.add(new BootSource.Module(Path.of("some-module"), ""));
        assertRefused(TestImages.bzImage(TestImages.gzip(elfWithRelocations())), "some-module", "initrd");
    }

    @Test
    void oneFlippedBitAnywhereInTheImageIsNoticed() throws Exception {
        byte[] image = TestImages.bzImage(TestImages.lz4(elfWithRelocations()));
        for (int bit : new int[] {0x1f2 * 8, 0x700 * 8 + 3, (image.length - 100) * 8 + 7, image.length * 8 - 1}) {
            byte[] damaged = image.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertRefused(damaged, "checksum", "damaged");
        }
    }

    @Test
    void aSignedImageIsIntactThoughTwoFieldsOfItsHeaderHaveChanged() throws Exception {
        byte[] image = TestImages.bzImage(TestImages.lz4(elfWithRelocations()));
        byte[] signed = Arrays.copyOf(image, image.length + 1000);
        fields(signed).putInt(0x40 + 88, 0x1234_5678).putLong(0x40 + 168, 0x0000_03e8_0000_4000L);
        boot.load(signed);
        signed[0x300] ^= 1;
        assertRefused(signed, "checksum");
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.15.0", "7.0", "10.2.1", "next"})
    void kernelsThatHaveNoChecksumAreNotAskedForIt(String version) throws Exception {
        byte[] image = TestImages.bzImage(TestImages.gzip(elfWithRelocations()), version);
        fields(image).putInt(image.length - 4, 0);
        boot.load(image);
    }

    @Test
    void atEveryLengthATruncatedImageIsRefused() throws Exception {
        byte[] image = TestImages.bzImage(TestImages.gzip(elfWithRelocations()));
        for (int length = 0; length < image.length; length += length < 0x300 ? 1 : 97) {
            if (length != 512) {
                refused(Arrays.copyOf(image, length));
            }
        }
    }

    @Test
    void aMachineTooSmallForTheKernelIsToldHowMuchItNeeds() throws Exception {
        byte[] image = TestImages.bzImage(TestImages.gzip(elfWithRelocations()), "7.0");
        fields(image).putInt(0x260, 0x1000_0000);
        assertRefused(image, "0x10100000", "0x400000", "more memory");
    }

    @Test
    void kernelsOfAnotherKindAreNamed() throws Exception {
        byte[] image = TestImages.bzImage(TestImages.gzip(elfWithRelocations()), "7.0");
        byte[] old = image.clone();
        fields(old).putShort(0x206, (short) 0x20b);
        assertRefused(old, "2.11", "3.8");
        byte[] low = image.clone();
        low[0x211] = 0;
        assertRefused(low, "zImage");
        byte[] narrow = image.clone();
        narrow[0x236] = 0;
        assertRefused(narrow, "32-bit");
    }

    @Test
    void aPayloadThatDeclaresTooMuchIsRefusedBeforeItIsUnpacked() throws Exception {
        byte[] large = new byte[200_000];
        new Random(2).nextBytes(large);
        assertRefused(TestImages.bzImage(TestImages.lz4(large)), "LZ4", "200000", "131072");
        byte[] packed = TestImages.xz(new byte[100_000]);
        assertRefused(TestImages.bzImage(packed), "XZ", "100000", String.valueOf(packed.length * 64));
    }

    @ParameterizedTest
    @EnumSource
    void aPayloadThatDeclaresTheWrongSizeIsRefused(Packer packer) throws Exception {
        byte[] elf = elfWithRelocations();
        for (int change : new int[] {-1, 1}) {
            byte[] payload = packer.pack(elf);
            ByteBuffer size = fields(payload);
            size.putInt(payload.length - 4, elf.length + change);
            assertRefused(TestImages.bzImage(payload), packer.name(), "damaged");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPayloadThatIsNoKernelIsRefused(Packer packer) throws Exception {
        assertRefused(TestImages.bzImage(packer.pack(new byte[100])), "not a 64-bit ELF");
    }
}
