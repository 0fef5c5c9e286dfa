function ConvertTo-Failure {
    <#
    .SYNOPSIS
    Puts an error into words and codes for the other side.
    .PARAMETER ErrorRecord
    The error.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [System.Management.Automation.ErrorRecord] $ErrorRecord)
    [ordered]@{
        message = [string] $ErrorRecord.Exception.Message
        errorId = [string] $ErrorRecord.FullyQualifiedErrorId
    }
}

function Write-HostLine {
    <#
    .SYNOPSIS
    Sends one document to the other side.
    .PARAMETER Kind
    part: there is more to come; end: the answer.
    .PARAMETER Document
    The document.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('part', 'end')] [string] $Kind,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Document
    )
    $json = ConvertTo-Json -InputObject $Document -Compress -Depth 8
    # Half a character, which the registry may hold, is lost in UTF-8.
    $json = [regex]::Replace($json, '[\uD800-\uDFFF]', { param($match) '\u{0:x4}' -f [int] [char] $match.Value })
    Write-Output -InputObject "credssp:$Kind`:$json"
}

function Enter-HostLock {
    <#
    .SYNOPSIS
    Takes the lock of this host, or gives nothing when somebody holds it too long.
    .DESCRIPTION
    The name holds the computer's: machines may share what named mutexes live in.
    .PARAMETER Seconds
    How long to wait.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [int] $Seconds)
    $name = "Global\pulumi-credssp-$($env:COMPUTERNAME.ToUpperInvariant())"
    $until = [DateTime]::UtcNow.AddSeconds($Seconds)
    while ($true) {
        try {
            $mutex = New-Object -TypeName System.Threading.Mutex -ArgumentList $false, $name
            break
        }
        catch [System.UnauthorizedAccessException] {
            # Another account holds it, and its rights keep us from waiting on it.
            if ([DateTime]::UtcNow -ge $until) { return }
            Start-Sleep -Milliseconds 200
        }
    }
    try {
        $taken = $mutex.WaitOne([TimeSpan]::FromSeconds($Seconds))
    }
    catch [System.Threading.AbandonedMutexException] {
        # Who held it died; it is ours, and the look that follows sees what was left.
        $taken = $true
    }
    if ($taken) { return $mutex }
    $mutex.Dispose()
}

function Invoke-Batch {
    <#
    .SYNOPSIS
    Carries steps out one by one and says how far it came, then looks at the host again.
    .PARAMETER Request
    The request with its steps.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Request)
    Write-HostLine -Kind part -Document @{ began = $true }
    $failure = $null
    foreach ($step in $Request.steps) {
        try {
            Invoke-Step -Step $step -Request $Request | Out-Null
            Write-HostLine -Kind part -Document @{ finished = $step.kind }
        }
        catch {
            $failure = ConvertTo-Failure -ErrorRecord $_
            $failure.step = $step.kind
            break
        }
    }
    $observation = Get-HostObservation -Request $Request
    if ($null -eq $observation) { Write-HostLine -Kind end -Document @{ outcome = 'unstable' } }
    elseif ($null -ne $failure) { Write-HostLine -Kind end -Document @{ outcome = 'failed'; failure = $failure; observation = $observation } }
    else { Write-HostLine -Kind end -Document @{ outcome = 'done'; observation = $observation } }
}

function Invoke-UnderLock {
    <#
    .SYNOPSIS
    Carries a batch out if the host still is as its plan was made for.
    .PARAMETER Request
    The request: steps, expected (a hash for each part) and lockSeconds.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Request)
    $lock = Enter-HostLock -Seconds $Request.lockSeconds
    if ($null -eq $lock) {
        Write-HostLine -Kind end -Document @{ outcome = 'locked' }
        return
    }
    try {
        $observation = Get-HostObservation -Request $Request
        if ($null -eq $observation) {
            Write-HostLine -Kind end -Document @{ outcome = 'unstable' }
            return
        }
        $moved = @(foreach ($part in $Request.expected.PSObject.Properties) {
                if ($observation.fingerprint[$part.Name] -cne $part.Value) { $part.Name }
            })
        if ($moved.Count -gt 0) {
            Write-HostLine -Kind end -Document @{ outcome = 'stale'; moved = $moved; observation = $observation }
            return
        }
        Invoke-Batch -Request $Request
    }
    finally {
        $lock.ReleaseMutex()
        $lock.Dispose()
    }
}

function Invoke-HostRequest {
    <#
    .SYNOPSIS
    Observes this host, or carries steps out on it. Decides nothing.
    .DESCRIPTION
    One JSON document comes in. Out go lines of text: "credssp:part:" and a document for each thing that is done, and
    at last "credssp:end:" and the answer. Nothing that goes wrong here is thrown.
    .PARAMETER Document
    The request: operation (observe or apply), ledgerKey, policies; for apply what Invoke-UnderLock needs.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Document)
    Set-StrictMode -Version 3
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    $WarningPreference = 'SilentlyContinue'
    $ConfirmPreference = 'None'
    $mode = $ExecutionContext.SessionState.LanguageMode
    if ("$mode" -ne 'FullLanguage') {
        # A restricted session can do little more than say so.
        return "credssp:end:{`"outcome`":`"language`",`"mode`":`"$mode`"}"
    }
    try {
        $request = ConvertFrom-Json -InputObject $Document
        if ($request.operation -ceq 'apply') {
            Invoke-UnderLock -Request $request
            return
        }
        $observation = Get-HostObservation -Request $request
        if ($null -eq $observation) { Write-HostLine -Kind end -Document @{ outcome = 'unstable' } }
        else { Write-HostLine -Kind end -Document @{ outcome = 'observed'; observation = $observation } }
    }
    catch {
        Write-HostLine -Kind end -Document @{ outcome = 'error'; failure = ConvertTo-Failure -ErrorRecord $_ }
    }
}
