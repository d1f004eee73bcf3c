package dev.backplane.nbd.internal;

import dev.backplane.nbd.wire.Inbox;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.NbdException;
import dev.backplane.nbd.wire.Request;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Receives requests while it has the baton, and has them carried out. A thread of its own; nothing is allocated for a usual request. */
final class Worker implements Runnable {
    /** From here on moving the data takes so long that others may receive meanwhile. */
    private static final int LONG_BYTES = 512 << 10;

    private final Transmission transmission;
    private final int number;
    private final Inbox inbox;
    private final Outbox outbox;
    private final Baton baton;
    private final Request request = new Request();
    private final Execution execution;

    Worker(Transmission transmission, int number) {
        this.transmission = transmission;
        this.number = number;
        inbox = transmission.inbox();
        outbox = transmission.outbox();
        baton = transmission.baton();
        execution = new Execution(transmission, request);
    }

    @Override
    public void run() {
        try {
            while (baton.take(number)) {
                transmission.findDeputy();
                // From a predecessor that is stuck.
                outbox.flush();
                receive();
            }
        } catch (IOException e) {
            transmission.fail(e);
        } catch (RuntimeException | Error e) {
            transmission.fail(new IOException("an error here: " + e, e));
            throw e;
        } finally {
            execution.close();
            transmission.leave();
        }
    }

    /** With the baton; returns without it. */
    private void receive() throws IOException {
        for (; ; ) {
            if (inbox.buffered() < Request.BYTES) {
                // The client may wait for these before it sends more.
                outbox.flush();
            }
            ByteBuffer head = inbox.poll(Request.BYTES);
            if (head == null) {
                throw new IOException("it has closed the connection");
            }
            request.get(head);
            if (request.type() == Nbd.CMD_DISC) {
                transmission.end();
                return;
            }
            receiveData();
            if (isLong()) {
                baton.pass(number);
                execution.run(true);
                return;
            }
            baton.lend(number);
            execution.run(false);
            if (!baton.keep(number)) {
                outbox.flush();
                return;
            }
        }
    }

    private void receiveData() throws IOException {
        if (request.type() != Nbd.CMD_WRITE) {
            return;
        }
        if (request.length() > Nbd.MAX_PAYLOAD_BYTES) {
            throw new NbdException(
                    "a write of %d bytes: expected at most %d".formatted(request.length(), Nbd.MAX_PAYLOAD_BYTES));
        }
        if (inbox.buffered() < request.length()) {
            outbox.flush();
        }
        inbox.fill(execution.data((int) request.length()));
    }

    /** Whether it will take long, or often has. */
    private boolean isLong() {
        return switch (request.type()) {
            case Nbd.CMD_READ, Nbd.CMD_WRITE ->
                request.length() >= LONG_BYTES || request.has(Nbd.CMD_FLAG_FUA) || transmission.isSlow();
            case Nbd.CMD_BLOCK_STATUS -> transmission.isSlow();
            default -> true;
        };
    }
}
