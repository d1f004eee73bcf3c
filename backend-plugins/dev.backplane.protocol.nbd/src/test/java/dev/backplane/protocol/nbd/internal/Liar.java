package dev.backplane.protocol.nbd.internal;

import dev.backplane.nbd.wire.ExportInfo;
import dev.backplane.nbd.wire.Inbox;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.Option;
import dev.backplane.nbd.wire.OptionReply;
import dev.backplane.nbd.wire.Reply;
import dev.backplane.nbd.wire.Request;
import dev.backplane.nbd.wire.SocketTransport;
import dev.backplane.nbd.wire.Transport;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that negotiates well and answers requests as the test wants, one client after the other. */
final class Liar implements AutoCloseable {
    /** What it does with one request. */
    @FunctionalInterface
    interface Answer {
        void give(Conversation to, Request request) throws IOException;
    }

    /** One connection. */
    record Conversation(Transport transport, Inbox inbox, int number) {
        void simple(Request request, int error, byte... data) throws IOException {
            ByteBuffer head = ByteBuffer.allocate(Reply.SIMPLE_BYTES);
            new Reply().simple(request.cookie(), error).put(head);
            transport.write(head.flip(), ByteBuffer.wrap(data));
        }

        void chunk(long cookie, int type, int flags, ByteBuffer body) throws IOException {
            ByteBuffer head = ByteBuffer.allocate(Reply.CHUNK_BYTES);
            new Reply().chunk(cookie, type, flags, body.remaining()).put(head);
            transport.write(head.flip(), body);
        }

        /** What a good server says. */
        void serve(Request request) throws IOException {
            if (request.type() == Nbd.CMD_READ) {
                ByteBuffer body = ByteBuffer.allocate(8 + (int) request.length());
                body.putLong(0, request.offset());
                chunk(request.cookie(), Nbd.REPLY_TYPE_OFFSET_DATA, Nbd.REPLY_FLAG_DONE, body);
            } else {
                simple(request, 0);
            }
        }
    }

    private final Path socket;
    private final ServerSocketChannel listener;
    private final Thread accepting;
    private final ExportInfo info;
    private final Answer answer;
    private final List<SocketChannel> clients = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    Liar(Path socket, ExportInfo info, Answer answer) throws IOException {
        this.socket = socket;
        this.info = info;
        this.answer = answer;
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        accepting = Thread.ofPlatform().daemon().name("liar").start(this::accept);
    }

    int connections() {
        return connections.get();
    }

    private void accept() {
        try {
            for (; ; ) {
                SocketChannel client = listener.accept();
                clients.add(client);
                int number = connections.incrementAndGet();
                Thread.ofPlatform().daemon().name("lie").start(() -> converse(client, number));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void converse(SocketChannel client, int number) {
        SocketTransport transport = new SocketTransport(client, () -> {});
        try {
            Inbox inbox = new Inbox(transport, 64 << 10);
            negotiate(transport, inbox);
            Request request = new Request();
            for (; ; ) {
                request.get(inbox.take(Request.BYTES));
                if (request.type() == Nbd.CMD_DISC) {
                    break;
                }
                if (request.type() == Nbd.CMD_WRITE) {
                    inbox.skip(request.length());
                }
                answer.give(new Conversation(transport, inbox, number), request);
            }
        } catch (IOException gone) {
            // As clients do.
        } finally {
            transport.close();
        }
    }

    private void negotiate(Transport transport, Inbox inbox) throws IOException {
        transport.write(ByteBuffer.allocate(18)
                .putLong(Nbd.INIT_MAGIC)
                .putLong(Nbd.OPTION_MAGIC)
                .putShort((short) 3)
                .flip());
        inbox.skip(4);
        for (; ; ) {
            Option option = Option.receive(inbox);
            if (option.code() == Nbd.OPT_GO) {
                new OptionReply(option.code(), Nbd.REP_INFO, info.export()).send(transport);
                new OptionReply(option.code(), Nbd.REP_INFO, info.blockSize()).send(transport);
            }
            if (option.code() == Nbd.OPT_SET_META_CONTEXT) {
                ByteBuffer context = ByteBuffer.allocate(4 + Nbd.BASE_ALLOCATION.length())
                        .putInt(9)
                        .put(Nbd.BASE_ALLOCATION.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                new OptionReply(option.code(), Nbd.REP_META_CONTEXT, context.flip()).send(transport);
            }
            new OptionReply(option.code(), Nbd.REP_ACK, ByteBuffer.allocate(0)).send(transport);
            if (option.code() == Nbd.OPT_GO) {
                return;
            }
        }
    }

    /** Nobody listens there when this returns. */
    @Override
    public void close() throws IOException {
        listener.close();
        try {
            accepting.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        Files.deleteIfExists(socket);
        for (SocketChannel client : clients) {
            client.close();
        }
    }
}
