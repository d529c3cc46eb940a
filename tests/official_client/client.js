// Calls Segment's own client: one call per line of JSON on stdin, its result as one line on stdout.
'use strict';

const readline = require('node:readline');
const { configureApis, unwrap } = require('@segment/public-api-sdk-typescript');

async function outcome({ url, token, api, operation, args, unwrapped }) {
    const client = configureApis(token)[api];
    client.basePath = url;
    // JSON has no undefined; null marks an omitted argument.
    const call = client[operation](...args.map((value) => (value === null ? undefined : value)));
    try {
        if (unwrapped) return { data: await unwrap(call) };
        const { response, body } = await call;
        return { status: response.statusCode, headers: response.headers, body };
    } catch (error) {
        if (error.name === 'HttpError') {
            return { status: error.statusCode, headers: error.response.headers, body: error.body };
        }
        return { thrown: error instanceof Error ? error.message : error };
    }
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
    process.stdout.write(JSON.stringify(await outcome(JSON.parse(line))) + '\n');
});
