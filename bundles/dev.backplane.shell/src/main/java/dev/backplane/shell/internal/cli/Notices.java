package dev.backplane.shell.internal.cli;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Tells what happened to a machine that goes on; a guest that makes the same mistake at every start is not told of for ever. */
final class Notices implements Consumer<String> {
    private static final int MOST = 3;

    private final Environment environment;
    private final AtomicInteger told = new AtomicInteger();

    Notices(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void accept(String notice) {
        int number = told.incrementAndGet();
        if (number <= MOST) {
            environment.say(notice + (number == MOST ? "\nbackplane: no more of this is told" : ""));
        }
    }
}
