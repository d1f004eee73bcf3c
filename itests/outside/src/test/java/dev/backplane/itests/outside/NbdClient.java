package dev.backplane.itests.outside;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A client of an NBD server that asks for one thing after the other: what it returns from has been answered. */
final class NbdClient implements Closeable {
    private static final long GREETING = 0x4e42444d41474943L;
    private static final long OPTION = 0x49484156454f5054L;
    private static final int FIXED_NEWSTYLE_NO_ZEROES = 3;
    private static final int EXPORT_NAME = 1;
    private static final int REQUEST = 0x25609513;
    private static final int SIMPLE_REPLY = 0x67446698;

    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int FLUSH = 3;
    private static final int TRIM = 4;
    private static final int WRITE_ZEROES = 6;
    private static final int FUA = 1;

    private final SocketChannel channel;
    private final DataInputStream in;
    private final long exportBytes;
    private long cookie;

    /** Uses the default export. */
    NbdClient(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        in = new DataInputStream(Channels.newInputStream(channel));
        if (in.readLong() != GREETING || in.readLong() != OPTION) {
            throw new AssertionError("no greeting of an NBD server");
        }
        in.readShort();
        send(ByteBuffer.allocate(20)
                .putInt(FIXED_NEWSTYLE_NO_ZEROES)
                .putLong(OPTION)
                .putInt(EXPORT_NAME)
                .putInt(0));
        exportBytes = in.readLong();
        in.readShort();
    }

    long exportBytes() {
        return exportBytes;
    }

    private void send(ByteBuffer bytes) throws IOException {
        bytes.flip();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private void ask(int flags, int type, long offset, int length, byte[] data) throws IOException {
        cookie++;
        send(ByteBuffer.allocate(28 + data.length)
                .putInt(REQUEST)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset)
                .putInt(length)
                .put(data));
        if (in.readInt() != SIMPLE_REPLY) {
            throw new AssertionError("not a reply");
        }
        int error = in.readInt();
        if (in.readLong() != cookie || error != 0) {
            throw new AssertionError("request %d at %d of %d bytes: error %d".formatted(type, offset, length, error));
        }
    }

    byte[] read(long offset, int length) throws IOException {
        ask(0, READ, offset, length, new byte[0]);
        byte[] data = in.readNBytes(length);
        if (data.length < length) {
            throw new EOFException();
        }
        return data;
    }

    /** With {@code stable} it is that when it has been answered. */
    void write(long offset, byte[] data, boolean stable) throws IOException {
        ask(stable ? FUA : 0, WRITE, offset, data.length, data);
    }

    void zero(long offset, int length, boolean stable) throws IOException {
        ask(stable ? FUA : 0, WRITE_ZEROES, offset, length, new byte[0]);
    }

    void trim(long offset, int length) throws IOException {
        ask(0, TRIM, offset, length, new byte[0]);
    }

    void flush() throws IOException {
        ask(0, FLUSH, 0, 0, new byte[0]);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
