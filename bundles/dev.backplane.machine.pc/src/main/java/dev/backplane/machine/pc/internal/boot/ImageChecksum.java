package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * The CRC-32 at the end of a bzImage, the only thing that tells a flipped bit in an LZ4 payload. Linux has it from protocol
 * 2.08 on and dropped it in 6.15. Signing for Secure Boot changes two fields of the PE header afterwards, which were zero.
 */
final class ImageChecksum {
    /** The remainder over image and checksum, as CRC-32 finishes it. */
    private static final long INTACT = 0xffff_ffffL;

    private static final int FIRST_WITHOUT = 615;
    private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*", Pattern.DOTALL);
    private static final int LONGEST_VERSION = 127;

    private static final long PE_POINTER = 0x3c;
    private static final long PE_SIGNATURE = 0x4550;
    private static final long CHECKSUM = 24 + 64;
    private static final long SECURITY_DIRECTORY = 24 + 112 + 4 * 8;

    private ImageChecksum() {}

    static void check(KernelFile file, SetupHeader header) throws ConfigurationException {
        if (!isExpected(file, header)) {
            return;
        }
        long end = header.protectedMode() + header.protectedModeBytes();
        MemorySegment image = file.bytes().asSlice(0, end);
        if (crc(image) != INTACT && crcUnsigned(file, image) != INTACT) {
            throw file.broken("its checksum does not match its content: damaged: fetch it again");
        }
    }

    private static boolean isExpected(KernelFile file, SetupHeader header) {
        long version = 0x200 + file.u16(0x20e);
        if (version == 0x200 || version >= header.protectedMode()) {
            return false;
        }
        int length = (int) Math.min(LONGEST_VERSION, header.protectedMode() - version);
        byte[] text = file.bytes().asSlice(version, length).toArray(ValueLayout.JAVA_BYTE);
        Matcher matcher = VERSION.matcher(new String(text, StandardCharsets.ISO_8859_1));
        return matcher.matches()
                && Integer.parseInt(matcher.group(1)) * 100 + Integer.parseInt(matcher.group(2)) < FIRST_WITHOUT;
    }

    private static long crc(MemorySegment image) {
        CRC32 crc = new CRC32();
        crc.update(image.asByteBuffer());
        return crc.getValue();
    }

    private static long crcUnsigned(KernelFile file, MemorySegment image) {
        long pe = file.u32(PE_POINTER);
        long behind = pe + SECURITY_DIRECTORY + 8;
        if (file.u32(pe) != PE_SIGNATURE || behind > image.byteSize()) {
            return 0;
        }
        CRC32 crc = new CRC32();
        crc.update(image.asSlice(0, pe + CHECKSUM).asByteBuffer());
        crc.update(new byte[4]);
        crc.update(image.asSlice(pe + CHECKSUM + 4, SECURITY_DIRECTORY - CHECKSUM - 4)
                .asByteBuffer());
        crc.update(new byte[8]);
        crc.update(image.asSlice(behind).asByteBuffer());
        return crc.getValue();
    }
}
