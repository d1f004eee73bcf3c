package dev.backplane.guest.internal;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;

/** The compressions of deb(5), told apart by the member's name. */
final class Decompressor {
    /** What {@code xz -9} needs, and {@code dpkg-deb} uses -6: a header that asks for more is not Debian's. */
    private static final int XZ_MEMORY_KIB = 96 << 10;

    private static final int BUFFER_BYTES = 1 << 16;

    private Decompressor() {}

    /** The member's content; {@code base} is its name without the compression, such as {@code data.tar}. */
    static InputStream open(ArReader.Member member, String base) throws IOException {
        InputStream content = member.content();
        InputStream plain = switch (member.name().substring(base.length())) {
            case "" -> content;
            case ".gz" -> new GZIPInputStream(content, BUFFER_BYTES);
            case ".xz" -> new XZInputStream(content, XZ_MEMORY_KIB);
            case ".zst" -> new ZstdInputStreamNoFinalizer(content);
            default ->
                throw new IOException("'" + member.name() + "' is compressed in a way that is not known here"
                        + " (known: .gz, .xz, .zst)");
        };
        return new BufferedInputStream(plain, BUFFER_BYTES);
    }
}
