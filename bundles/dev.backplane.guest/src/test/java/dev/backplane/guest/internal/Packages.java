package dev.backplane.guest.internal;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Archives made by the byte, so that tests need no tools and can break them as they like. */
final class Packages {
    private Packages() {}

    /** Names and contents in turn; a name is written as it is. */
    static byte[] ar(Object... members) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ascii("!<arch>\n"));
        for (int i = 0; i < members.length; i += 2) {
            byte[] content = (byte[]) members[i + 1];
            out.writeBytes(ascii(
                    String.format("%-16s%-12d%-6d%-6d%-8s%-10d`\n", members[i], 0, 0, 0, "100644", content.length)));
            out.writeBytes(content);
            if (content.length % 2 != 0) {
                out.write('\n');
            }
        }
        return out.toByteArray();
    }

    /** Names and contents in turn, as ustar. */
    static byte[] tar(Object... members) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < members.length; i += 2) {
            byte[] content = (byte[]) members[i + 1];
            out.writeBytes(tarHeader((String) members[i], content.length));
            out.writeBytes(content);
            out.writeBytes(new byte[-content.length & 511]);
        }
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    static byte[] tarHeader(String name, long length) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 100, "0000644");
        put(header, 124, String.format("%011o", length));
        put(header, 148, "        ");
        header[156] = '0';
        put(header, 257, "ustar");
        put(header, 263, "00");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o", sum));
        header[154] = 0;
        return header;
    }

    /** A package whose control file has {@code fields}; {@code compression} is "", ".gz", ".xz" or ".zst". */
    static byte[] deb(String fields, String compression, Object... files) throws IOException {
        return ar(
                "debian-binary",
                ascii("2.0\n"),
                "control.tar" + compression,
                compress(tar("./control", ascii(fields)), compression),
                "data.tar" + compression,
                compress(tar(files), compression));
    }

    static byte[] compress(byte[] plain, String compression) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = switch (compression) {
            case ".gz" -> new GZIPOutputStream(bytes);
            case ".xz" -> new XZOutputStream(bytes, new LZMA2Options(1));
            case ".zst" -> new ZstdOutputStreamNoFinalizer(bytes);
            default -> bytes;
        }) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void put(byte[] header, int offset, String text) {
        byte[] bytes = ascii(text);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }
}
