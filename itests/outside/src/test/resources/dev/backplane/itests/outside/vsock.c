/* A guest's end of a vsock connection: a megabyte each way, both checked. vsock listen PORT | vsock connect PORT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>
#include <unistd.h>

#define BYTES (1 << 20)

static uint8_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 56;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_port = atoi(argv[2])};
    uint8_t *buffer = malloc(BYTES);
    int stream = socket(AF_VSOCK, SOCK_STREAM, 0);
    if (!buffer || stream < 0) fail("socket");
    if (strcmp(argv[1], "listen") == 0) {
        address.svm_cid = VMADDR_CID_ANY;
        int listener = stream;
        if (bind(listener, (struct sockaddr *) &address, sizeof address)) fail("bind");
        if (listen(listener, 1)) fail("listen");
        printf("vsock listens\n");
        fflush(stdout);
        stream = accept(listener, NULL, NULL);
        if (stream < 0) fail("accept");
    } else {
        address.svm_cid = VMADDR_CID_HOST;
        if (connect(stream, (struct sockaddr *) &address, sizeof address)) fail("connect");
    }
    uint64_t state = 1;
    for (int i = 0; i < BYTES; i++) buffer[i] = next(&state);
    for (int sent = 0; sent < BYTES;) {
        ssize_t n = write(stream, buffer + sent, BYTES - sent);
        if (n < 0) fail("write");
        sent += n;
    }
    if (shutdown(stream, SHUT_WR)) fail("shutdown");
    state = 2;
    long received = 0;
    long wrong = 0;
    ssize_t n;
    while ((n = read(stream, buffer, BYTES)) > 0) {
        for (ssize_t i = 0; i < n; i++) wrong += buffer[i] != next(&state);
        received += n;
    }
    if (n < 0) fail("read");
    printf("vsock %s: %ld bytes, %ld wrong\n", argv[1], received, wrong);
    return 0;
}
