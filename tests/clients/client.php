<?php
// Does with curl, as programs in PHP do, what the arguments ask of a server: its address, a key (may be empty) and, as
// JSON, a list of [action, arguments...]. Prints the list of what came back: [status, body].

[, $base, $key, $asked] = $argv;

function ask(string $method, string $url, $fields): array
{
    $handle = curl_init($url);
    curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
    curl_setopt($handle, CURLOPT_CUSTOMREQUEST, $method);
    // An array is sent as multipart/form-data, a string as a form.
    curl_setopt($handle, CURLOPT_POSTFIELDS, $fields);
    $body = curl_exec($handle);
    $status = curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
    return [$status, $body === false ? curl_error($handle) : $body];
}

function download(string $url): array
{
    $handle = curl_init($url);
    curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
    $body = curl_exec($handle);
    return [curl_getinfo($handle, CURLINFO_RESPONSE_CODE), $body];
}

function pair(string $source, string $target): array
{
    global $key;
    return ['source' => $source, 'target' => $target, 'api_key' => $key];
}

$actions = [
    'connect' => fn () => ask('POST', "$base/", []),
    'settings' => fn () => ask('GET', "$base/frontend/settings", []),
    'languages' => fn () => ask('GET', "$base/languages", []),
    // Everything in the address, with an empty body.
    'detect' => fn ($q) => ask('POST', "$base/detect?" . http_build_query(['q' => $q, 'api_key' => $key]), []),
    'translate' => fn ($q, $source, $target) =>
        ask('POST', "$base/translate", ['q' => $q, 'format' => 'html'] + pair($source, $target)),
    // Several texts: a list as JSON, escaped as in an address, in the place of one text.
    'translate all' => fn ($texts, $source, $target) => ask(
        'POST', "$base/translate", ['q' => urlencode(json_encode($texts)), 'format' => 'html'] + pair($source, $target)
    ),
    'suggest' => fn ($q, $s, $source, $target) =>
        ask('POST', "$base/suggest", http_build_query(['q' => $q, 's' => $s] + pair($source, $target))),
    'translate file' => fn ($path, $source, $target) => ask(
        'POST', "$base/translate_file", ['file' => new CURLFile($path), 'format' => 'html'] + pair($source, $target)
    ),
    'get with fields' => fn () => ask('GET', "$base/languages", ['api_key' => $key]),
    'download' => fn ($url) => download($url),
    'decode' => fn ($text) => [0, json_encode(json_decode(urldecode($text)))],
];

$answers = [];
foreach (json_decode($asked) as $question) {
    $answers[] = $actions[array_shift($question)](...$question);
}
echo json_encode($answers);
